import { type Kysely, sql } from 'kysely';

const statements = [
  // When the data of an organization is pruned next, and the claim of the instance that does it.
  sql`CREATE TABLE retention_runs (
    organization_id bigint PRIMARY KEY,
    next_run_at timestamptz NOT NULL,
    lease text,
    leased_until timestamptz,
    last_run_at timestamptz,
    -- The numbers of removed rows, or the error.
    last_result jsonb
  )`,
  sql`CREATE INDEX retention_runs_next_run_at_idx ON retention_runs (next_run_at)`,

  // Attempts are deleted by the age that their organization sets. The table is as new as 0027.
  sql`CREATE INDEX deliveries_organization_id_delivered_at_idx ON deliveries (organization_id, delivered_at)`,
  sql`DROP INDEX deliveries_delivered_at_idx`,
];

/** Older versions prune nothing, except attempts of deliveries. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
