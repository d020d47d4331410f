import { type Kysely, sql } from 'kysely';

const statements = [
  // Removed members whose names and addresses are still in the log or in the audit log.
  sql`CREATE TABLE removed_members (
    organization_id bigint NOT NULL,
    member_id bigint NOT NULL,
    -- Null for an invite.
    user_id bigint,
    removed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The names and addresses to replace, while the rows are being rewritten.
    redaction jsonb,
    PRIMARY KEY (organization_id, member_id)
  )`,
  sql`CREATE INDEX removed_members_user_id_idx ON removed_members (user_id)`,
  sql`CREATE INDEX removed_members_removed_at_idx ON removed_members (organization_id, removed_at)`,

  sql`INSERT INTO removed_members (organization_id, member_id, user_id, removed_at)
    SELECT organization_id, target_object, max(target_user_id), max(date_created) FROM audit_entries
    WHERE event = 'member.remove' AND target_object IS NOT NULL
      AND EXISTS (SELECT FROM organizations WHERE organizations.id = audit_entries.organization_id)
      AND NOT EXISTS (SELECT FROM members WHERE members.id = audit_entries.target_object)
    GROUP BY organization_id, target_object`,
];

/** Older versions record no removed member. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
