import { type Kysely, sql } from 'kysely';

const statements = [
  // The token of an organization's identity provider, which is valid for SCIM only.
  sql`ALTER TABLE auth_tokens ADD COLUMN is_for_scim boolean NOT NULL DEFAULT false`,

  sql`CREATE INDEX auth_tokens_for_scim_idx ON auth_tokens (organization_id) WHERE is_for_scim`,

  // The ids of members and teams at the identity provider. They never lead to a user.
  sql`ALTER TABLE members ADD COLUMN scim_external_id text`,
  sql`CREATE UNIQUE INDEX members_scim_external_id_key ON members (organization_id, scim_external_id)
    WHERE scim_external_id IS NOT NULL`,
  sql`ALTER TABLE teams ADD COLUMN scim_external_id text`,
  sql`CREATE UNIQUE INDEX teams_scim_external_id_key ON teams (organization_id, scim_external_id)
    WHERE scim_external_id IS NOT NULL`,

  // The addresses from which identity providers call, for the preview of a list of addresses.
  sql`CREATE TABLE scim_addresses (
    token_id bigint NOT NULL REFERENCES auth_tokens ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    address text NOT NULL,
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT scim_addresses_pkey PRIMARY KEY (token_id, address)
  )`,
  sql`CREATE INDEX scim_addresses_organization_id_idx ON scim_addresses (organization_id)`,
];

/** Older versions offer no SCIM, and no provider has a token when the migration runs. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
