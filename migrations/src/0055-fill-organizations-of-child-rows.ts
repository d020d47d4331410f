import { type Kysely, sql } from 'kysely';

/** Each with the table of the rows to which its rows belong, and the column with their id. */
const children = [
  ['project_bookmarks', 'projects', 'project_id'],
  ['export_pieces', 'exports', 'export_id'],
  ['certificate_warnings', 'auth_providers', 'provider_id'],
  ['sso_removed_users', 'auth_providers', 'provider_id'],
  ['sso_seen', 'auth_providers', 'provider_id'],
] as const;

/**
 * Takes no lock that reads wait for. The index comes first, because its lock is stronger than that
 * of the update.
 */
const statements = children.flatMap(([table, parent, column]) => [
  // The rows of a removed organization are found by it.
  sql`CREATE INDEX ${sql.id(`${table}_organization_id_idx`)} ON ${sql.table(table)} (organization_id)`,
  sql`UPDATE ${sql.table(table)} AS child SET organization_id = parent.organization_id FROM ${sql.table(parent)} AS parent
    WHERE parent.id = child.${sql.id(column)} AND child.organization_id IS NULL`,
  sql`ALTER TABLE ${sql.table(table)} VALIDATE CONSTRAINT ${sql.id(`${table}_has_organization`)}`,
  sql`ALTER TABLE ${sql.table(table)} VALIDATE CONSTRAINT ${sql.id(`${table}_organization_id_fkey`)}`,
]);

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
