import { type Kysely, sql } from 'kysely';

const statements = [
  // Removed integrations whose connection is still to be ended at the provider. Their secrets are
  // kept until then.
  sql`CREATE TABLE provider_revocations (
    integration_id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider text NOT NULL,
    external_id text NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`CREATE INDEX provider_revocations_organization_id_idx ON provider_revocations (organization_id)`,
  sql`CREATE INDEX provider_revocations_next_attempt_at_idx ON provider_revocations (next_attempt_at)`,
];

/** Older versions remove the secrets of an integration at once, and end no connection. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
