import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // Mail that is to be sent: what it is about, and to whom. It is written when it is sent, so that no row holds a token.
  sql`CREATE TABLE mail_outbox (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    -- Of the Message-ID: a mail that is sent twice, because of a crash, is the same mail.
    message_id uuid NOT NULL DEFAULT gen_random_uuid(),
    template text NOT NULL,
    params jsonb NOT NULL,
    recipient text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    -- Whoever sends a mail moves this on first, which keeps others from it for as long.
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text,
    failed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`CREATE INDEX mail_outbox_next_attempt_at_idx ON mail_outbox (next_attempt_at) WHERE failed_at IS NULL`,

  // What an invite's token is derived from, with the server's secret.
  sql`ALTER TABLE members ADD COLUMN invite_token_nonce text`,
  sql`CREATE INDEX members_invite_expires_at_idx ON members (invite_expires_at) WHERE user_id IS NULL`,

  // Invites of the last day, new and sent again: how many there may be is limited.
  sql`CREATE TABLE sent_invites (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    organization_id bigint NOT NULL REFERENCES organizations ON DELETE CASCADE,
    actor text NOT NULL,
    email text NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`CREATE INDEX sent_invites_organization_id_sent_at_idx ON sent_invites (organization_id, sent_at)`,
  sql`CREATE INDEX sent_invites_actor_sent_at_idx ON sent_invites (actor, sent_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
