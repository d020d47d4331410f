import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

/**
 * Secrets of an organization's providers, endpoints and integrations, encrypted. They are few, so
 * they are deleted with the organization's row, also by a version that doesn't know the table.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE org_secrets (
    organization_id bigint NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    owner_kind text NOT NULL,
    owner_id bigint NOT NULL,
    name text NOT NULL,
    encrypted text NOT NULL,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    PRIMARY KEY (organization_id, owner_kind, owner_id, name)
  )`.execute(db);
}
