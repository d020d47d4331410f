import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/**
 * The names by which tokens of a trusted issuer named users who were erased, as keyed digests. A
 * client of an erased user is refused for good, a client of a user who is not there yet tries again.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE erased_names (digest text PRIMARY KEY)`.execute(db);
}
