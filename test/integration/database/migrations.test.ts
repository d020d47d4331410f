import assert from 'node:assert/strict';
import { migrations, type NumberedMigration } from '@rollcall/migrations';
import { sql } from 'kysely';
import pg from 'pg';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import { type MigrationStep, migrateUp } from '../../../server/src/database/migrations/migrate.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { TcpLink } from '../../faults/links/tcp-link.ts';
import { eventually } from '../../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../../support/postgres.ts';
import { startProcess } from '../../support/process.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';

const newer = '9999-of-a-newer-version';
const slow: NumberedMigration = {
  isAdditive: true,
  up: async (db) => {
    await sql`SELECT pg_sleep(1.5)`.execute(db);
  },
};
const withOneMore = (more: NumberedMigration) => ({ ...migrations, [newer]: more });

describe('migrations of a PostgreSQL server', () => {
  let empty: TestDatabase;
  let client: pg.Client;
  beforeEach(async () => {
    empty = await (await sharedPostgres()).createDatabase();
    client = new pg.Client(empty.url);
    await client.connect();
  });
  afterEach(async () => {
    await client?.end();
    await empty?.drop();
  });

  const open = (parameters: Readonly<Record<string, string>> = {}) => {
    const url = new URL(empty.url);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return openPostgres(url.href, createLog('silent'));
  };
  const environment = (port = '0') => ({
    DATABASE_URL: empty.url,
    PORT: port,
    SECRET: 'a-secret-of-the-migrations-test-32',
    DATA_DIR: makeTemporaryDirectory('migrations'),
  });
  const start = () => startProcess(['start'], environment());
  const readRan = async () => (await client.query('SELECT name FROM kysely_migration ORDER BY name')).rows.map(({ name }) => name);
  /** Makes each statement that changes the schema take this long. */
  const slowDown = async (seconds: number) => {
    await client.query(
      `CREATE FUNCTION slow_down() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(${seconds}); END $$`,
    );
    await client.query(`CREATE EVENT TRIGGER slow_down ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slow_down()`);
  };

  it('[H-30] make functions that find their tables for every search_path', async () => {
    const database = open();
    try {
      await migrateUp(database);
    } finally {
      await database.close();
    }
    const { rows } = await client.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
        AND NOT coalesce(array_to_string(proconfig, ','), '') LIKE '%search_path=%'`,
    );
    assert.deepEqual(rows, []);
  });

  it('[H-30] run a statement that takes longer than the statement timeouts of requests and of the role', async () => {
    await client.query(`ALTER ROLE CURRENT_USER IN DATABASE ${empty.name} SET statement_timeout = '1s'`);
    const database = open({ query_timeout: '500' });
    try {
      const ran = await migrateUp(database, { known: withOneMore(slow) });
      assert.equal(ran.at(-1), newer);
    } finally {
      await database.close();
    }
  });

  it('[H-30] wait for another migrating instance without a time limit, and log that', async () => {
    const [first, second] = [open({ query_timeout: '500', lock_timeout: '200' }), open({ query_timeout: '500', lock_timeout: '200' })];
    const steps: MigrationStep['step'][] = [];
    try {
      let second$: Promise<readonly string[]> | undefined;
      const ran = await migrateUp(first, {
        known: withOneMore(slow),
        report: ({ step }) => {
          if (step === 'begun') second$ ??= migrateUp(second, { known: withOneMore(slow), report: (other) => void steps.push(other.step) });
        },
      });
      const byBoth = [...ran, ...(await second$!)].toSorted();
      assert.deepEqual(byBoth, [...Object.keys(migrations), newer]);
      assert.ok(steps.includes('waiting-for-instance'));
      assert.equal(steps.at(-1), 'complete', 'the instance must not go on to print that it waits');
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  it('[H-30] see what another instance has committed just before they acquire the lock', async () => {
    let requests = 0;
    const isHeld = () => requests === 3;
    const up = (chunk: Buffer) => {
      if (chunk.includes('pg_try_advisory_xact_lock')) {
        requests++;
        if (isHeld()) link.block();
      }
      return [chunk];
    };
    const { port } = await sharedPostgres();
    const link = await TcpLink.open({ target: () => port, inspect: () => ({ up }) });
    const url = new URL(empty.url);
    url.port = String(link.port);
    const [first, second] = [open(), openPostgres(url.href, createLog('silent'))];
    const make: NumberedMigration = {
      isAdditive: true,
      async up(db) {
        await sql`CREATE TABLE made ()`.execute(db);
        await eventually(() => assert.ok(isHeld(), 'the other instance does not wait'));
      },
    };
    const known = { [newer]: make };
    try {
      let second$: Promise<readonly string[]> | undefined;
      const report = ({ step }: MigrationStep) => {
        if (step === 'begun') second$ = migrateUp(second, { known });
      };
      assert.deepEqual(await migrateUp(first, { known, report }), [newer]);
      link.unblock();
      assert.deepEqual(await second$, []);
    } finally {
      await link.close();
      await Promise.all([first.close(), second.close()]);
    }
  });

  it('[H-30] do not block other statements while a transaction holds a required lock, and run when it ends', async () => {
    const database = open();
    try {
      await migrateUp(database);
      await client.query('BEGIN; SELECT 1 FROM users');
      const steps: MigrationStep['step'][] = [];
      const migrating = migrateUp(database, {
        known: withOneMore({ isAdditive: true, up: (db) => db.schema.alterTable('users').addColumn('later', 'text').execute() }),
        report: ({ step }) => void steps.push(step),
      });
      await eventually(() => assert.ok(steps.includes('waiting-for-lock'), 'not yet'), { timeoutMs: 20_000 });
      await client.query('COMMIT');
      assert.deepEqual(await migrating, [newer]);
    } finally {
      await database.close();
    }
  });

  for (const [args, signal, exit] of [
    [['start'], 'SIGTERM', 0],
    [['migrate'], 'SIGINT', 1],
  ] as const) {
    it(`[H-30] end \`rollcall ${args[0]}\` at ${signal} during a migration: rolled back, with one line and exit code ${exit}`, async () => {
      await slowDown(600);
      const server = startProcess(args, environment());
      await server.waitForLine(/^rollcall: Migration 0001-\S+ is running \(\d\.\d s so far\)\.$/, 30_000);
      const { code } = await server.kill(signal);
      assert.match(
        server.stderr,
        /\nrollcall: The migrations were interrupted, and the running migration was rolled back\. Nothing was changed\.\n$/,
      );
      assert.doesNotMatch(server.stderr, /^ +at /m);
      assert.deepEqual([code, server.stdout], [exit, '']);
      await assert.rejects(readRan(), /does not exist/);
      const { rows } = await client.query(`SELECT query FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`, [
        empty.name,
      ]);
      assert.deepEqual(rows, [], 'a statement goes on');
    });
  }

  it('[H-30] continue on a waiting instance after the migrating instance was killed', async () => {
    await slowDown(3);
    const first = start();
    await first.waitForLine(/is running/, 30_000);
    const second = start();
    await second.waitForLine(/^rollcall: Waiting for another instance that is running the migrations \(/, 30_000);
    await first.kill('SIGKILL');
    await client.query('ALTER EVENT TRIGGER slow_down DISABLE');
    await second.waitForLine(/ is ready on /, 30_000);
    assert.deepEqual(await readRan(), Object.keys(migrations));
    await second.kill();
  });

  it('[H-31] let an instance start on the schema of a newer version if its migrations are additive, and become ready', async () => {
    const database = open();
    try {
      await migrateUp(database, {
        known: withOneMore({ isAdditive: true, up: (db) => db.schema.alterTable('users').addColumn('later', 'text').execute() }),
      });
    } finally {
      await database.close();
    }
    const server = start();
    const [, url] = (await server.waitForLine(/ is ready on (\S+)/, 30_000)) as unknown as [string, string];
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    await server.kill();
    const status = startProcess(['migrate'], environment());
    assert.equal((await status.exit).code, 0);
  });

  it('[H-31] fail with one line on the schema of a newer version that removed something', async () => {
    const database = open();
    try {
      await migrateUp(database, {
        known: withOneMore({ isAdditive: false, up: (db) => db.schema.alterTable('users').dropColumn('name').execute() }),
      });
    } finally {
      await database.close();
    }
    const server = start();
    assert.equal((await server.exit).code, 1);
    assert.match(
      server.stderr,
      new RegExp(
        `^rollcall: [^\\n]*a newer version of Rollcall migrated the database[^\\n]* ${newer}\\. [^\\n]*restore a backup[^\\n]*\\n$`,
      ),
    );
  });

  it('[H-31] fail on a schema with an unmarked migration', async () => {
    const database = open();
    try {
      await migrateUp(database);
    } finally {
      await database.close();
    }
    await client.query(`INSERT INTO kysely_migration VALUES ($1, $2)`, [newer, new Date().toISOString()]);
    const server = start();
    assert.equal((await server.exit).code, 1);
    assert.match(server.stderr, /^rollcall: [^\n]*a newer version of Rollcall migrated the database[^\n]* 9999-[^\n]*\n$/);
  });
});
