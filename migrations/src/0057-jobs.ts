import { type Kysely, sql } from 'kysely';

const statements = [
  // Work that goes on after the request that caused it.
  sql`CREATE TABLE jobs (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    kind text NOT NULL,
    -- What the job is about, such as the id of a user.
    subject text NOT NULL,
    params jsonb NOT NULL,
    -- Null before the first step.
    progress jsonb,
    -- Requested again since it began. It then begins again at its end.
    is_repeated boolean NOT NULL DEFAULT false,
    -- Failed steps since the last one that succeeded.
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    lease text,
    leased_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Null while the job is open.
    finished_at timestamptz
  )`,
  sql`CREATE UNIQUE INDEX jobs_open_idx ON jobs (kind, subject) WHERE finished_at IS NULL`,
  sql`CREATE INDEX jobs_due_idx ON jobs (next_attempt_at) WHERE finished_at IS NULL`,
  sql`CREATE INDEX jobs_finished_at_idx ON jobs (finished_at)`,

  // What a job did in each organization.
  sql`CREATE TABLE job_results (
    job_id bigint NOT NULL REFERENCES jobs ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    result jsonb NOT NULL,
    PRIMARY KEY (job_id, organization_id)
  )`,
  sql`CREATE INDEX job_results_organization_id_idx ON job_results (organization_id)`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
