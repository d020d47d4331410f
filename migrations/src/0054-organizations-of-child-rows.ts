import { type Kysely, sql } from 'kysely';

/** Tables whose rows belong to a row of an organization: its table, and the column with its id. */
const children = [
  ['project_bookmarks', 'projects', 'project_id'],
  ['export_pieces', 'exports', 'export_id'],
  ['certificate_warnings', 'auth_providers', 'provider_id'],
  ['sso_removed_users', 'auth_providers', 'provider_id'],
  ['sso_seen', 'auth_providers', 'provider_id'],
] as const;

/** The next two migrations fill the columns, and require them. */
const statements = [
  // The foreign keys below refer to them.
  sql`CREATE UNIQUE INDEX projects_organization_id_id_key ON projects (organization_id, id)`,
  sql`CREATE UNIQUE INDEX exports_organization_id_id_key ON exports (organization_id, id)`,
  sql`CREATE UNIQUE INDEX auth_providers_organization_id_id_key ON auth_providers (organization_id, id)`,

  // During an upgrade, instances of a version without the column write rows too.
  sql`CREATE FUNCTION set_organization_of_child() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      EXECUTE format('SELECT organization_id FROM %I WHERE id = ($1).%I', TG_ARGV[0], TG_ARGV[1]) INTO NEW.organization_id USING NEW;
      RETURN NEW;
    END $$`,
  ...children.flatMap(([table, parent, column]) => [
    // Earlier rows are not checked yet.
    sql`ALTER TABLE ${sql.table(table)} ADD COLUMN organization_id bigint,
      ADD CONSTRAINT ${sql.id(`${table}_has_organization`)} CHECK (organization_id IS NOT NULL) NOT VALID,
      ADD CONSTRAINT ${sql.id(`${table}_organization_id_fkey`)} FOREIGN KEY (organization_id, ${sql.id(column)})
        REFERENCES ${sql.table(parent)} (organization_id, id) ON DELETE CASCADE NOT VALID`,
    sql`CREATE TRIGGER ${sql.id(`${table}_organization`)} BEFORE INSERT OR UPDATE ON ${sql.table(table)} FOR EACH ROW
      WHEN (NEW.organization_id IS NULL) EXECUTE FUNCTION set_organization_of_child(${sql.lit(parent)}, ${sql.lit(column)})`,
  ]),
];

/** Older versions don't write the column. The triggers do. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
