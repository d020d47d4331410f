import { sql } from 'kysely';
import type { TestServer } from './server.ts';

/** The number of connections that wait for an advisory lock. */
export async function lockWaiters({ services: { lookups } }: TestServer): Promise<number> {
  const { rows } = await sql<{ waiting: string }>`
    SELECT count(*) AS waiting FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted`.execute(lookups);
  return Number(rows[0]!.waiting);
}
