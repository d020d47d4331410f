import { type Kysely, sql } from 'kysely';

/**
 * Each with the column of its former foreign key, which the one with the organization replaces.
 * Dropping that key also locks the table to which it refers. Commands read the login provider
 * before the project, so its tables come first.
 */
const children = [
  ['certificate_warnings', 'provider_id'],
  ['sso_removed_users', 'provider_id'],
  ['sso_seen', 'provider_id'],
  ['export_pieces', 'export_id'],
  ['project_bookmarks', 'project_id'],
] as const;

const statements = children.flatMap(([table, column]) => [
  // PostgreSQL reads no rows for this, because the validated constraint proves it.
  sql`ALTER TABLE ${sql.table(table)} ALTER COLUMN organization_id SET NOT NULL`,
  sql`ALTER TABLE ${sql.table(table)} DROP CONSTRAINT ${sql.id(`${table}_has_organization`)},
    DROP CONSTRAINT ${sql.id(`${table}_${column}_fkey`)}`,
]);

/** The triggers set the column in the rows of older versions. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
