import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/**
 * The ids of the keys from SECRET that an instance has, the one in use first. Null for an instance
 * of an earlier release, which has one key and doesn't name it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE instances ADD COLUMN secret_keys text[]`.execute(db);
}
