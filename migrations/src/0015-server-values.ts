import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/** What the server as a whole keeps: a check of its secret, and what it writes to find out whether writes work. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE server_values (name text PRIMARY KEY, value text NOT NULL)`.execute(db);
}
