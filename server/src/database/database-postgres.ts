import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../runtime/log.ts';
import { columnTypes } from './column-types.ts';
import type { Database } from './database.ts';
import { readPoolUse } from './pool-use.ts';
import type { Schema } from './schema.ts';

/** Enough for a few hundred commands a second; one instance rarely has more than a handful under way. */
const connectionsMax = 10;

/** How long a request waits for a connection before it is answered 503. */
const connectionTimeoutMs = 3_000;

export function openPostgres(url: string, log: Log): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: connectionTimeoutMs,
    types: columnTypes,
    application_name: 'rollcall',
  });
  // Without a listener a server that stops would end the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return { kind: 'postgresql', db, pool: () => readPoolUse(pool), close: () => db.destroy() };
}
