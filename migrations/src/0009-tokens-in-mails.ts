import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // What a link in a mail may do, once: to set another password, or to show that the mail arrived. Each goes with its address.
  sql`CREATE TABLE email_tokens (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    email_id bigint NOT NULL REFERENCES user_emails ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('password-reset', 'verification')),
    token_hash text NOT NULL,
    expires_at timestamptz NOT NULL
  )`,
  sql`CREATE INDEX email_tokens_user_id_idx ON email_tokens (user_id)`,
  sql`CREATE INDEX email_tokens_email_id_idx ON email_tokens (email_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
