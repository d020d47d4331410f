import { type Kysely, sql } from 'kysely';

const statements = [
  // A disabled integration doesn't keep another organization from connecting to the provider's
  // organization.
  sql`ALTER TABLE integrations DROP CONSTRAINT integrations_external_key`,
  sql`CREATE UNIQUE INDEX integrations_external_key ON integrations (provider, external_id)
    WHERE integration ->> 'status' = 'active'`,
  sql`CREATE INDEX integrations_external_id_idx ON integrations (provider, external_id)`,

  // A name at a provider may be used by another person later, so it only identifies people without
  // an id.
  sql`ALTER TABLE external_users DROP CONSTRAINT external_users_name_key`,
  sql`CREATE UNIQUE INDEX external_users_name_key ON external_users (integration_id, external_name)
    WHERE external_id IS NULL`,
  sql`CREATE INDEX external_users_integration_id_idx ON external_users (integration_id, external_id)`,
];

/** Older versions save less than this allows. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
