import { type Kysely, sql } from 'kysely';

const statements = [
  // No foreign keys: an event stays when its user or its token is gone.
  sql`CREATE TABLE security_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint,
    event text NOT NULL,
    kind text,
    outcome text NOT NULL,
    count integer NOT NULL DEFAULT 1,
    caller_kind text,
    caller_id text,
    credential_kind text,
    credential_id text,
    address text,
    target_kind text,
    target_id text,
    request_id text,
    instance text NOT NULL,
    date_created timestamptz NOT NULL
  )`,
  // Pages of an organization, and the removal by age. Null is the whole server.
  sql`CREATE INDEX security_events_date ON security_events (organization_id, date_created, id)`,
  // The erasure of a user, who may be the caller or the target.
  sql`CREATE INDEX security_events_caller ON security_events (caller_id) WHERE caller_kind = 'user'`,
  sql`CREATE INDEX security_events_target ON security_events (target_id) WHERE target_kind = 'user'`,
  // The networks from which a token was used.
  sql`CREATE INDEX security_events_network ON security_events (credential_id, target_id) WHERE event = 'token.new-network'`,
];

export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
