import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/** What belongs to an organization outlives its row by some minutes: see docs/adr/0021. */
const tablesOfOrganizations = [
  'members',
  'teams',
  'team_members',
  'projects',
  'project_teams',
  'project_keys',
  'auth_tokens',
  'audit_entries',
  'sent_invites',
];

const statements = [
  // When an organization that is marked for deletion will be removed.
  sql`ALTER TABLE organizations ADD COLUMN remove_at timestamptz`,
  sql`UPDATE organizations SET remove_at = clock_timestamp() + interval '24 hours' WHERE status <> 'active'`,
  sql`CREATE INDEX organizations_remove_at_idx ON organizations (remove_at) WHERE remove_at IS NOT NULL`,

  // Organizations that are gone, but not yet all that was theirs.
  sql`CREATE TABLE removed_organizations (
    organization_id bigint PRIMARY KEY,
    removed_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  // No command begins without the organization's head, which goes last, so nothing is added to one that is gone.
  ...tablesOfOrganizations.map((table) => sql`ALTER TABLE ${sql.table(table)} DROP CONSTRAINT ${sql.id(`${table}_organization_id_fkey`)}`),

  // What goes with a member or a project is found by it.
  sql`CREATE INDEX access_requests_organization_id_idx ON access_requests (organization_id)`,
  sql`CREATE INDEX access_requests_member_id_idx ON access_requests (member_id)`,
  sql`CREATE INDEX project_redirects_project_id_idx ON project_redirects (project_id)`,
  sql`CREATE INDEX project_bookmarks_project_id_idx ON project_bookmarks (project_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
