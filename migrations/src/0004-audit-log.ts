import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // Names are kept as they were: who did it may be renamed or gone when the log is read.
  sql`CREATE TABLE audit_entries (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    organization_id bigint NOT NULL REFERENCES organizations,
    event text NOT NULL,
    actor_user_id bigint,
    actor_name text,
    target_user_id bigint,
    target_user_name text,
    target_object bigint,
    ip_address text,
    note text NOT NULL,
    data jsonb NOT NULL,
    date_created timestamptz NOT NULL,
    -- Whether it is still part of the organization's state: only the newest are.
    is_live boolean NOT NULL
  )`,
  sql`CREATE INDEX audit_entries_organization_id_date_created_idx ON audit_entries (organization_id, date_created, id)`,
  sql`CREATE INDEX audit_entries_live_idx ON audit_entries (organization_id, id) WHERE is_live`,
  sql`ALTER TABLE org_heads ADD COLUMN live_audit_entries integer NOT NULL DEFAULT 0`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
