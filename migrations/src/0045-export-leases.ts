import { type Kysely, sql } from 'kysely';

/**
 * Older versions claim an export by a lock on its row. A claim by a lease skips locked rows. If an
 * older version claims a leased export, both write pieces with the same numbers, so one of the
 * attempts fails.
 */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE exports ADD COLUMN lease text, ADD COLUMN leased_until timestamptz`.execute(db);
}
