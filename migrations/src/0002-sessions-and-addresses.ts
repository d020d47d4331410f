import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // All addresses of users, the primary one among them. A verified address is one person's; an unverified one proves nothing.
  sql`CREATE TABLE user_emails (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    email text NOT NULL,
    is_verified boolean NOT NULL DEFAULT false,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`CREATE UNIQUE INDEX user_emails_user_id_email_key ON user_emails (user_id, lower(email))`,
  sql`CREATE UNIQUE INDEX user_emails_verified_key ON user_emails (lower(email)) WHERE is_verified`,
  // Whoever runs the server made all users so far, and answers for their addresses.
  sql`INSERT INTO user_emails (user_id, email, is_verified) SELECT id, email, true FROM users`,

  // What a browser's cookie opens. Only the hash of its token is kept.
  sql`CREATE TABLE sessions (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash text NOT NULL,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When its user last proved who they are.
    authenticated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    date_last_used timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    ip_address text,
    user_agent text NOT NULL DEFAULT '',
    CONSTRAINT sessions_token_hash_key UNIQUE (token_hash)
  )`,
  sql`CREATE INDEX sessions_user_id_idx ON sessions (user_id)`,

  // The latest time step a code was taken for: no code is taken twice.
  sql`ALTER TABLE authenticators ADD COLUMN last_counter bigint`,

  // Counted attempts, as rate-limiter-flexible keeps them.
  sql`CREATE TABLE attempt_limits (
    key text PRIMARY KEY,
    points integer NOT NULL DEFAULT 0,
    expire bigint
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
