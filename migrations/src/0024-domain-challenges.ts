import { type Kysely, sql } from 'kysely';

const statements = [
  sql`ALTER TABLE verified_domains
    -- The random part of the TXT record that verifies the domain.
    ADD COLUMN challenge text NOT NULL DEFAULT '',
    -- The last time that DNS stated whether the record exists, and the first time that it was missing from a verified domain.
    ADD COLUMN date_checked timestamptz,
    ADD COLUMN missing_since timestamptz,
    ADD COLUMN next_check timestamptz NOT NULL DEFAULT now()`,
  sql`CREATE INDEX verified_domains_next_check_idx ON verified_domains (next_check) WHERE status = 'verified'`,
];

/** Older versions never write domains. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
