import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // `secret_key` is what very old clients send besides the public part. It gives no right to read or write anything here.
  sql`CREATE TABLE project_keys (
    public_key text PRIMARY KEY,
    secret_key text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    organization_id bigint NOT NULL REFERENCES organizations,
    project_id bigint NOT NULL REFERENCES projects,
    name text NOT NULL,
    is_active boolean NOT NULL,
    rate_limit jsonb,
    browser_sdk_version text NOT NULL,
    loader_options jsonb NOT NULL,
    date_created timestamptz NOT NULL
  )`,
  sql`CREATE INDEX project_keys_project_id_idx ON project_keys (project_id)`,
  sql`CREATE INDEX project_keys_organization_id_idx ON project_keys (organization_id)`,
  // Each project has a first key. No revision tells of these, nor need it: whoever may see keys is another audience than
  // before there were any, so that no copy without them is carried on.
  sql`INSERT INTO project_keys (public_key, organization_id, project_id, name, is_active, browser_sdk_version, loader_options, date_created)
    SELECT replace(gen_random_uuid()::text, '-', ''), organization_id, id, 'Default', true, '10.x',
      '{"hasReplay": true, "hasPerformance": true, "hasDebug": false, "hasFeedback": false, "hasLogsAndMetrics": false}', date_created
    FROM projects`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
