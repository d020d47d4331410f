import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { openPostgres } from '../../../server/src/database/connections/database-postgres.ts';
import type { Database, Db, Tx } from '../../../server/src/database/database.ts';
import { UntrustedDatabaseError } from '../../../server/src/database/installation/faults.ts';
import { isIntact, parseSeal, readSeal } from '../../../server/src/database/installation/seal.ts';
import { readAtOneInstant, transact } from '../../../server/src/database/transact.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { newEpochs } from '../../support/backup.ts';
import { eventually } from '../../support/eventually.ts';
import { aMigratedDatabase } from '../../support/migrated-database.ts';
import { type TestDatabase, withClient } from '../../support/postgres.ts';
import { startProcess } from '../../support/process.ts';

describe("the seal of an installation's database", () => {
  let testDatabase: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    testDatabase = await aMigratedDatabase();
    database = openPostgres(testDatabase.url, createLog('silent'));
    await database.trust.begin(AbortSignal.timeout(10_000));
  });
  afterEach(async () => {
    await database?.close();
    await testDatabase?.drop();
  });

  const readOne = async () => (await sql<{ one: number }>`SELECT 1 AS one`.execute(database.db)).rows[0]!.one;
  const change = (text: string) => sql.raw(text).execute(database.probes);

  /** Writes the row as a restore does: in another transaction. */
  const restoreRow = () => change(`UPDATE server_values SET value = value WHERE name = 'installation'`);

  const isSealed = () =>
    eventually(async () => {
      await readOne();
      const reading = await readSeal(database.probes);
      assert.ok(isIntact(parseSeal(reading)!, reading), 'the database is not sealed');
    });

  async function isRefused(distrust: string): Promise<void> {
    await eventually(() => assert.rejects(database.trust.confirm(), UntrustedDatabaseError, 'it is trusted'));
    assert.equal(database.trust.distrust, distrust);
    for (const from of [database.db, database.reads, database.lookups])
      await assert.rejects(sql`SELECT 1`.execute(from), UntrustedDatabaseError);
  }

  it('[H-81] stays intact when PostgreSQL rewrites and freezes the table', async () => {
    await change('VACUUM (FULL, FREEZE) server_values');
    await change('VACUUM (FREEZE) server_values');
    await database.trust.confirm();
    assert.equal(await readOne(), 1);
  });

  it('[H-81] breaks when another transaction writes the row, and the database is used again after new epochs', async () => {
    const before = parseSeal(await readSeal(database.probes))!;
    await restoreRow();
    await isRefused('restored');
    await change(newEpochs);
    await eventually(async () => assert.equal(await readOne(), 1));
    await eventually(async () => {
      const after = parseSeal(await readSeal(database.probes))!;
      assert.equal(after.installation, before.installation);
      assert.equal(after.epochs.length, before.epochs.length + 1, 'the database is not sealed again');
    });
    await restoreRow();
    await isRefused('restored');
  });

  it('[H-81] a start waits for the end of a restore, names the statement, and stops without an error', async () => {
    await restoreRow();
    const env = { DATABASE_URL: testDatabase.url, SECRET: 'the secret of the restore test, long enough', PORT: '0' };
    const doctor = startProcess(['doctor'], env);
    assert.equal((await doctor.exit).code, 1);
    assert.match(doctor.stdout, /^failed +DATABASE_URL +instances don't use .* run UPDATE org_heads SET epoch = gen_random_uuid\(\)/m);
    const starting = startProcess(['start'], env);
    await starting.waitForLine(/"distrust":"restored".*UPDATE org_heads SET epoch = gen_random_uuid\(\)/);
    assert.deepEqual(
      [await starting.kill('SIGTERM'), starting.stderr.trim()],
      [
        { code: 0, signal: null },
        'rollcall: The start was interrupted while it waited for a database that is not used. Nothing was changed.',
      ],
    );
  });

  it('[H-81] breaks when a table of access is emptied, also together with others', async () => {
    await change('TRUNCATE members, sessions CASCADE');
    await isRefused('restored');
  });

  describe('when a table is emptied that was not looked at since', () => {
    /** Opens the connections, whose seal is checked when they open. */
    beforeEach(async () => {
      for (const from of [database.db, database.reads, database.lookups]) await sql`SELECT 1`.execute(from);
    });

    const values = () => sql<{ name: string }>`SELECT name FROM server_values WHERE name = 'written'`.execute(database.probes);
    const write = sql`INSERT INTO server_values (name, value) VALUES ('written', '')`;

    for (const name of ['db', 'reads', 'lookups'] as const) {
      it(`[H-81] the first statement of \`${name}\` has no result`, async () => {
        await change('TRUNCATE members CASCADE');
        await assert.rejects(sql`SELECT FROM members`.execute(database[name]), UntrustedDatabaseError);
      });
    }

    it('[H-81] statements that are sent together have no result', async () => {
      await change('TRUNCATE members CASCADE');
      const sent = ['members', 'users'].map((table) => sql`SELECT FROM ${sql.table(table)}`.execute(database.lookups));
      for (const one of sent) await assert.rejects(one, UntrustedDatabaseError);
    });

    it('[H-81] [V16.5.3] a write is not committed', async () => {
      await change('TRUNCATE members CASCADE');
      await assert.rejects(write.execute(database.db), UntrustedDatabaseError);
      assert.deepEqual((await values()).rows, []);
    });

    it('[H-81] neither is a transaction that had begun before', async () => {
      const transactions = {
        pipelined: (work: (tx: Tx) => Promise<unknown>) => transact(database.db, work),
        other: (work: (tx: Tx) => Promise<unknown>) => database.db.transaction().execute(work),
      };
      for (const [name, run] of Object.entries(transactions)) {
        await assert.rejects(
          run(async (tx) => {
            await sql`SELECT 1`.execute(tx);
            await change('TRUNCATE members CASCADE');
            await write.execute(tx);
          }),
          UntrustedDatabaseError,
          name,
        );
        assert.deepEqual((await values()).rows, [], name);
        await change(newEpochs);
        await eventually(async () => assert.equal(await readOne(), 1));
        await isSealed();
      }
    });

    it('[H-81] neither has a read of one instant that began before, because emptying a table also empties it for earlier snapshots', async () => {
      const readMembers = async (tx: Db) => {
        await sql`SELECT FROM server_values`.execute(tx);
        await change('TRUNCATE members CASCADE');
        return sql`SELECT FROM members`.execute(tx);
      };
      const reads = {
        unsealed: () => readAtOneInstant(database.reads, readMembers),
        sealed: () => database.trust.read(database.reads, readMembers),
      };
      for (const [name, read] of Object.entries(reads)) {
        await assert.rejects(read(), UntrustedDatabaseError, name);
        await change(newEpochs);
        await eventually(async () => assert.equal(await readOne(), 1));
        await isSealed();
      }
    });

    it('[H-81] all is used again after new epochs', async () => {
      await change('TRUNCATE members CASCADE');
      await assert.rejects(readOne(), UntrustedDatabaseError);
      await change(newEpochs);
      await eventually(() => write.execute(database.db));
      assert.deepEqual((await values()).rows, [{ name: 'written' }]);
    });
  });

  it('[H-81] a start after new epochs can write at once', async () => {
    await restoreRow();
    await change(newEpochs);
    const started = openPostgres(testDatabase.url, createLog('silent'));
    try {
      await started.trust.begin(AbortSignal.timeout(10_000));
      await sql`UPDATE server_values SET value = value WHERE name <> 'installation'`.execute(started.db);
    } finally {
      await started.close();
    }
  });

  it('[H-81] a seal that could not be written is written later', async () => {
    await restoreRow();
    await isRefused('restored');
    await withClient(testDatabase.url, async (client) => {
      await client.query("BEGIN; SELECT FROM server_values WHERE name = 'installation' FOR UPDATE");
      await change(newEpochs);
      await eventually(async () => assert.equal(await readOne(), 1));
      await eventually(async () => {
        const { rows } = await sql<{ pid: number }>`
          SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE server_values%'`.execute(database.db);
        for (const { pid } of rows) await client.query('SELECT pg_cancel_backend($1)', [pid]);
        assert.equal(rows.length, 1);
      });
      await client.query('COMMIT');
    });
    await isSealed();
  });

  it('[H-81] stays broken after an earlier epoch, which comes from an older backup', async () => {
    const [former] = parseSeal(await readSeal(database.probes))!.epochs;
    await change(newEpochs);
    await database.trust.confirm();
    await eventually(async () => assert.equal(parseSeal(await readSeal(database.probes))!.epochs.length, 2));
    await change(`UPDATE org_heads SET epoch = '${former}' WHERE organization_id = 0`);
    await isRefused('restored');
  });

  it('[H-81] names the installation: a database with another one, or without organization 0, is not used', async () => {
    const { seal } = await readSeal(database.probes);
    await change(`UPDATE server_values SET value = replace(value, '${parseSeal({ seal, seal_xmin: null, stream_epoch: null })!.installation}', 'other')
      WHERE name = 'installation'`);
    await isRefused('other-installation');
    await change(`UPDATE server_values SET value = '${seal}' WHERE name = 'installation'`);
    await change(newEpochs);
    await eventually(async () => assert.equal(await readOne(), 1));
    await change('DELETE FROM org_heads WHERE organization_id = 0');
    await isRefused('incomplete');
  });

  it('[H-81] counts as missing without its table, and the database is used again with the table', async () => {
    await change('ALTER TABLE server_values RENAME TO other_values');
    await assert.rejects(sql`SELECT FROM server_values`.execute(database.db));
    await eventually(() => assert.equal(database.trust.distrust, 'incomplete'));
    await assert.rejects(readOne, UntrustedDatabaseError);
    await change('ALTER TABLE other_values RENAME TO server_values');
    await eventually(async () => assert.equal(await readOne(), 1));
  });
});
