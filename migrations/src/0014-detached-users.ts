import { type Kysely, sql } from 'kysely';

const statements = [
  // The user of a member whom a required second factor locked out: `{id, name}`. They come back by setting one up.
  sql`ALTER TABLE members ADD COLUMN detached_user jsonb`,
  sql`CREATE INDEX members_detached_user_id_idx ON members (((detached_user ->> 'id')::bigint)) WHERE detached_user IS NOT NULL`,
];

/** Older versions leave the new column empty. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
