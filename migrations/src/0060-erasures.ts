import { type Kysely, sql } from 'kysely';

const statements = [
  sql`CREATE TABLE erasures (
    user_id bigint PRIMARY KEY REFERENCES users,
    is_by_operator boolean NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When the account was erased, after all organizations. Null until then.
    finished_at timestamptz
  )`,
  sql`CREATE TABLE erasure_organizations (
    user_id bigint NOT NULL REFERENCES erasures,
    organization_id bigint NOT NULL,
    -- When the organization's state was redacted. Null until then.
    redacted_at timestamptz,
    -- The records of the state that were changed or removed.
    changed_records integer NOT NULL DEFAULT 0,
    -- Why the last attempt was refused: the code of the error.
    refusal text,
    PRIMARY KEY (user_id, organization_id)
  )`,
  sql`CREATE INDEX sent_invites_email_idx ON sent_invites (lower(email))`,
];

/** Older versions don't read the tables. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
