import { type Kysely, sql } from 'kysely';

/** A project of which nothing was ever set has no row, so that none need be made for those that are there. */
const statements = [
  sql`CREATE TABLE project_settings (
    project_id bigint PRIMARY KEY REFERENCES projects,
    organization_id bigint NOT NULL REFERENCES organizations,
    settings jsonb NOT NULL
  )`,
  sql`CREATE INDEX project_settings_organization_id_project_id_idx ON project_settings (organization_id, project_id)`,
  // Set like the others, but part of no record. Each project gets a token of its own.
  sql`ALTER TABLE projects
    ADD COLUMN security_token text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    ADD COLUMN symbol_sources text NOT NULL DEFAULT ''`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
