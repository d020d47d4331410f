import { type Kysely, sql } from 'kysely';

const statements = [
  // The sweeps find old rows without reading all rows.
  sql`CREATE INDEX sessions_expires_at_idx ON sessions (expires_at)`,
  sql`CREATE INDEX sessions_date_last_used_idx ON sessions (date_last_used)`,
  sql`CREATE INDEX attempt_limits_expire_idx ON attempt_limits (expire)`,
  sql`CREATE INDEX email_tokens_expires_at_idx ON email_tokens (expires_at)`,
  sql`CREATE INDEX sent_invites_sent_at_idx ON sent_invites (sent_at)`,
  sql`CREATE INDEX mail_outbox_failed_at_idx ON mail_outbox (failed_at) WHERE failed_at IS NOT NULL`,
  sql`CREATE INDEX mail_windows_ends_at_idx ON mail_windows (ends_at)`,

  // The address of a removed invite in lower case. The erasure of a user finds the invite by it.
  sql`ALTER TABLE removed_members ADD COLUMN email text`,
  sql`CREATE INDEX removed_members_email_idx ON removed_members (email) WHERE email IS NOT NULL`,
  sql`UPDATE removed_members SET email = lower(audit_entries.data ->> 'email') FROM audit_entries
    WHERE removed_members.user_id IS NULL AND removed_members.redaction IS NULL AND audit_entries.event LIKE 'member.%'
      AND audit_entries.organization_id = removed_members.organization_id AND audit_entries.target_object = removed_members.member_id`,
  sql`CREATE OR REPLACE FUNCTION add_removed_members() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO removed_members (organization_id, member_id, user_id, email)
        SELECT organization_id, id, coalesce(user_id, (detached_user ->> 'id')::bigint),
          CASE WHEN user_id IS NULL AND detached_user IS NULL THEN lower(email) END
        FROM removed ON CONFLICT DO NOTHING;
      RETURN NULL;
    END $$`,
];

/** Older versions don't read the column. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
