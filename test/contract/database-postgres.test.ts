import assert from 'node:assert/strict';
import net, { type AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import type { Db } from '../../server/src/database/database.ts';
import { pipeline, TransactionChain } from '../../server/src/database/transact.ts';
import { isRetryable, translateDatabaseError, violatedUnique } from '../../server/src/database/translate-error.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { eventually } from '../support/eventually.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { describeDatabaseContract } from './database.suite.ts';

describeDatabaseContract('PostgreSQL', async () => {
  const { url, drop } = await (await sharedPostgres()).createDatabase();
  const database = openPostgres(url, createLog('silent'));
  return {
    database,
    async dispose() {
      await database.close();
      await drop();
    },
  };
});

describe('a chain of transactions on a new connection to PostgreSQL', () => {
  it('[W4] runs a transaction again that uses a statement which a failed one before it did not prepare', async () => {
    const { url, drop } = await (await sharedPostgres()).createDatabase();
    const database = openPostgres(url, createLog('silent'));
    try {
      const { db } = database;
      await sql`CREATE TABLE names (name text UNIQUE)`.execute(db);
      const count = (tx: Db) => sql<{ count: string }>`SELECT count(*) FROM names WHERE name <> ${''}`.execute(tx);
      const insert = (tx: Db) => sql`INSERT INTO names VALUES (${'same'})`.execute(tx);
      await insert(db);
      // A text has a name from its third use on.
      for (let use = 1; use < 3; use++) await count(db);
      const chain = new TransactionChain();
      let behind: Promise<unknown> = Promise.resolve();
      const failed = chain.transact(
        database,
        async (tx) => {
          pipeline(insert(tx));
          pipeline(count(tx));
        },
        () => {
          behind = chain.transact(database, count, () => {});
          behind.catch(() => {});
        },
      );
      await assert.rejects(failed, (error) => violatedUnique(error) !== null);
      await assert.rejects(behind, isRetryable);
      const [row] = (await chain.transact(database, count, () => {})).rows;
      assert.equal(row!.count, '1');
    } finally {
      await database.close();
      await drop();
    }
  });
});

describe('a PostgreSQL that becomes unreachable', () => {
  let empty: TestDatabase;
  before(async () => {
    empty = await (await sharedPostgres()).createDatabase();
  });
  after(() => empty?.drop());

  const isUnavailable = (error: unknown) => (translateDatabaseError(error) as { code?: string }).code === 'unavailable';

  it('[R12] a silent connection is closed, and queries use another one', async () => {
    const line = await openLine(Number(new URL(empty.url).port));
    const url = new URL(empty.url);
    url.port = String(line.port);
    url.searchParams.set('query_timeout', '500');
    const database = openPostgres(url.href, createLog('silent'));
    try {
      await sql`SELECT 1`.execute(database.db);
      line.fallSilent();
      await assert.rejects(sql`SELECT 1`.execute(database.db), isUnavailable);
      assert.equal(database.pool().total, 0);
      assert.deepEqual((await sql`SELECT 1 AS one`.execute(database.db)).rows, [{ one: 1 }]);

      const write = database.db.transaction().execute(async (tx) => {
        line.fallSilent();
        await sql`SELECT 1`.execute(tx);
      });
      await assert.rejects(write, isUnavailable);
      assert.equal(database.pool().total, 0);
    } finally {
      await database.close();
      line.close();
    }
  });

  it('[R12] an idle connection is kept, also after a parameter failed to serialize, until a statement times out', async () => {
    const timeoutMs = 150;
    const url = new URL(empty.url);
    url.searchParams.set('query_timeout', String(timeoutMs));
    const [database, aside] = [openPostgres(url.href, createLog('silent')), openPostgres(empty.url, createLog('silent'))];
    const endless: Record<string, unknown> = {};
    endless.itself = endless;
    const pidOf = async () => (await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(database.lookups)).rows[0]!.pid;
    try {
      const pid = await pidOf();
      await assert.rejects(sql`SELECT ${endless}::jsonb`.execute(database.lookups), TypeError);
      await Promise.all([pidOf(), sql`SELECT pg_sleep(${timeoutMs / 2_000})`.execute(database.lookups)]);
      await sql`SELECT pg_sleep(${(2 * timeoutMs) / 1_000})`.execute(aside.db);
      assert.equal(await pidOf(), pid);
      await assert.rejects(sql`SELECT pg_sleep(${(20 * timeoutMs) / 1_000})`.execute(database.lookups), isUnavailable);
      assert.notEqual(await pidOf(), pid);
    } finally {
      await aside.close();
      await database.close();
    }
  });

  it('[R12] losing the connection between two statements fails the transaction, and not the process', async () => {
    const database = openPostgres(empty.url, createLog('silent'));
    try {
      const transaction = database.db.transaction().execute(async (tx) => {
        const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(tx);
        const [{ pid }] = rows as [{ pid: number }];
        await sql`SELECT pg_terminate_backend(${pid}, 5000)`.execute(database.db);
        await eventually(async () => {
          const alive = await sql`SELECT 1 FROM pg_stat_activity WHERE pid = ${pid}`.execute(database.db);
          assert.equal(alive.rows.length, 0);
        });
        await sql`SELECT 1`.execute(tx);
      });
      await assert.rejects(transaction, isUnavailable);
      assert.deepEqual((await sql`SELECT 1 AS one`.execute(database.db)).rows, [{ one: 1 }]);
    } finally {
      await database.close();
    }
  });

  it('[R12] a connection gets the timeout for locks once, for all of its statements', async () => {
    const url = new URL(empty.url);
    url.searchParams.set('lock_timeout', '100');
    const database = openPostgres(url.href, createLog('silent'));
    const lock = sql`SELECT pg_advisory_xact_lock(2)`;
    try {
      await database.db.connection().execute(async (first) => {
        const showTimeout = sql`SHOW lock_timeout`;
        // The first statement is sent before it is known that the connection has the setting.
        await first.transaction().execute((tx) => showTimeout.execute(tx));
        assert.deepEqual((await showTimeout.execute(first)).rows, [{ lock_timeout: '100ms' }]);
        await database.db.transaction().execute(async (other) => {
          await lock.execute(other);
          await assert.rejects(
            first.transaction().execute((tx) => lock.execute(tx)),
            isUnavailable,
          );
        });
      });
    } finally {
      await database.close();
    }
  });

  it('[R12] waiting for a lock times out, and the connection is kept', async () => {
    const url = new URL(empty.url);
    url.searchParams.set('lock_timeout', '100');
    const database = openPostgres(url.href, createLog('silent'));
    const lock = sql`SELECT pg_advisory_xact_lock(1)`;
    try {
      await database.db.transaction().execute(async (tx) => {
        await lock.execute(tx);
        await assert.rejects(
          database.db.transaction().execute((other) => lock.execute(other)),
          isUnavailable,
        );
      });
      assert.equal(database.pool().total, 2);
    } finally {
      await database.close();
    }
  });
});

/**
 * A proxy to the server on which both ends can be made to stop receiving from each other, without a
 * close.
 */
async function openLine(serverPort: number) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const far = net.connect(serverPort, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** Silences the open connections. A later connection works. */
    fallSilent() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
