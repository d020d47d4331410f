import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/** The instances that serve clients of this database, and when each of them was last alive. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE instances (
      id text PRIMARY KEY,
      name text NOT NULL,
      seen_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
}
