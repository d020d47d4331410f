import { type Kysely, sql } from 'kysely';

/** Older versions don't read the columns. They refuse the former token of a session at once. */
export const isAdditive = true;

const statements = [
  // The token that a session had before its user proved their identity again, and what it proves.
  sql`ALTER TABLE sessions
    ADD COLUMN former_token_hash text,
    ADD COLUMN former_authenticated_at timestamptz,
    ADD COLUMN former_has_second_factor boolean,
    ADD COLUMN former_until timestamptz`,
  sql`CREATE INDEX sessions_former_token_hash_idx ON sessions (former_token_hash) WHERE former_token_hash IS NOT NULL`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
