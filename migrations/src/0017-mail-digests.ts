import { type Kysely, sql } from 'kysely';

const statements = [
  // Notices of one kind to one address go at once when no window is open, and open one; others wait for its end, in one mail.
  sql`CREATE TABLE mail_windows (
    key text PRIMARY KEY,
    ends_at timestamptz NOT NULL
  )`,
  // Set on a mail that still collects notices: the key of their window.
  sql`ALTER TABLE mail_outbox ADD COLUMN digest_key text`,
  sql`CREATE UNIQUE INDEX mail_outbox_digest_key ON mail_outbox (digest_key) WHERE digest_key IS NOT NULL`,
];

/** Older versions send what waits with a kind of mail that they do not know later or leave it to newer ones. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
