import { type Kysely, sql } from 'kysely';

/**
 * Older versions open sessions with null, which count by the second factor of the account, as all
 * sessions did before.
 */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE sessions ADD COLUMN has_second_factor boolean, ADD COLUMN second_factor_at timestamptz`.execute(db);
}
