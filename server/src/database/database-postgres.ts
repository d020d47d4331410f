import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import type { Log } from '../runtime/log.ts';
import { columnTypes } from './column-types.ts';
import type { Database, Db, MigrationConnection } from './database.ts';
import { kyselyPool } from './kysely-pool.ts';
import { readPoolUse } from './pool-use.ts';
import type { Schema } from './schema.ts';
import { sharedConnection } from './shared-connection.ts';
import { noMeter } from './statement-meter.ts';

/** Enough for a few hundred commands a second; one instance rarely has more than a handful under way. */
const connectionsMax = 10;
/** The read path asks seldom and for many at once: heads, names, credentials, and now and then a page of the log or a whole organization. */
const readConnectionsMax = 4;

/** How long a request waits for a connection before it is answered 503. */
const connectionTimeoutMs = 3_000;

/**
 * How long a statement waits for a lock before it is answered 503. The longest that a lock is held is a part of an
 * import, 500 lines; without an end, whoever waits for one that hangs holds a connection of the few.
 */
const lockTimeoutMs = 5_000;

/**
 * A connection that says nothing for so long while it owes an answer is lost: a host that vanished sends no end. Longer than a lock
 * is waited for, so that the server answers first. The URL may give this and the lock's with `query_timeout` and `lock_timeout`.
 */
const silenceMsMax = 10_000;

export function openPostgres(databaseUrl: string, log: Log, meter = noMeter): Database {
  const { url, silenceMs } = takeQueryTimeout(databaseUrl);
  const pool = openPool(url, connectionsMax, log);
  const readPool = openPool(url, readConnectionsMax, log);
  const lookupPool = openPool(url, 1, log);
  const db = openDb(kyselyPool(pool, silenceMs, meter));
  const reads = openDb(kyselyPool(readPool, silenceMs, meter));
  const lookups = openDb(sharedConnection(kyselyPool(lookupPool, silenceMs, meter)));
  const close = async () => {
    await Promise.all([db.destroy(), reads.destroy(), lookups.destroy()]);
  };
  const connectToMigrate = () => openMigrationConnection(url, log);
  return { kind: 'postgresql', db, reads, lookups, connectToMigrate, pool: () => readPoolUse(pool, readPool, lookupPool), close };
}

/** Its statements may take hours, so nothing looks for silence; TCP's keep-alive finds out when the server's machine is gone. */
function openMigrationConnection(url: string, log: Log): MigrationConnection {
  const db = openDb(kyselyPool(openPool(url, 1, log), null, noMeter));
  return { db, close: () => db.destroy() };
}

/** Out of the URL, where pg would find it and have a timer of its own for each statement. */
function takeQueryTimeout(databaseUrl: string): { url: string; silenceMs: number } {
  const url = new URL(databaseUrl);
  const given = url.searchParams.get('query_timeout');
  if (given === null) return { url: databaseUrl, silenceMs: silenceMsMax };
  url.searchParams.delete('query_timeout');
  return { url: url.href, silenceMs: Number(given) > 0 ? Number(given) : silenceMsMax };
}

function openDb(pool: PostgresPool): Db {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

function openPool(url: string, max: number, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: connectionTimeoutMs,
    lock_timeout: lockTimeoutMs,
    keepAlive: true,
    types: columnTypes,
    // What is asked for while an answer is under way is sent at once, and answered in order.
    pipeline: true,
    application_name: 'rollcall',
  });
  // Without a listener a server that stops would end the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'));
  // The pool listens to idle ones only: one that is lost in use, between two statements, would end the process too. Whoever
  // uses it hears of it by the next statement.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ error: error.message }, 'a database connection was lost'));
  });
  return pool;
}
