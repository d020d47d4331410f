import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // A project of which nothing was ever set has no row, so that none need be made for those that are there. No table refers
  // to organizations: rows outlive theirs.
  sql`CREATE TABLE project_settings (
    project_id bigint PRIMARY KEY REFERENCES projects,
    organization_id bigint NOT NULL,
    settings jsonb NOT NULL
  )`,
  sql`CREATE INDEX project_settings_organization_id_project_id_idx ON project_settings (organization_id, project_id)`,
  // Set like the others, but part of no record. Each project gets a token of its own.
  sql`ALTER TABLE projects
    ADD COLUMN security_token text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    ADD COLUMN symbol_sources text NOT NULL DEFAULT ''`,
  // The record names the image, whose address nobody can guess; the image itself is only served.
  sql`ALTER TABLE organizations ADD COLUMN avatar_uuid text`,
  sql`CREATE TABLE organization_avatars (
    organization_id bigint PRIMARY KEY,
    uuid text NOT NULL UNIQUE,
    content_type text NOT NULL,
    image bytea NOT NULL
  )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
