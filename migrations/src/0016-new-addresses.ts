import { type Kysely, sql } from 'kysely';

const statements = [
  // When an address was verified that was added to an account with another verified one; null for all others.
  sql`ALTER TABLE user_emails ADD COLUMN verified_at timestamptz`,
  // Links that remove an address come to those for passwords and verification.
  sql`ALTER TABLE email_tokens DROP CONSTRAINT email_tokens_purpose_check`,
  sql`ALTER TABLE email_tokens ADD CONSTRAINT email_tokens_purpose_check
    CHECK (purpose IN ('password-reset', 'verification', 'removal'))`,
];

/** Older versions leave the new column empty and read only the purposes that they know. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
