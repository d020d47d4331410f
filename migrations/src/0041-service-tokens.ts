import { type Kysely, sql } from 'kysely';

const statements = [
  sql`CREATE TABLE service_tokens (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    token_last_characters text NOT NULL,
    scopes jsonb NOT NULL,
    -- Null for all collections.
    collections jsonb,
    -- The addresses and networks from which the token is valid. Null for any.
    addresses jsonb,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    date_last_used timestamptz,
    last_used_address text
  )`,
];

/** Older versions refuse the tokens as unknown. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
