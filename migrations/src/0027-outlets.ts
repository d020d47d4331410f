import { type Kysely, sql } from 'kysely';

const statements = [
  sql`CREATE TABLE webhooks (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    -- The record without its id.
    webhook jsonb NOT NULL
  )`,
  sql`CREATE INDEX webhooks_organization_id_idx ON webhooks (organization_id)`,

  sql`CREATE TABLE integrations (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider text NOT NULL,
    external_id text NOT NULL,
    -- The rest of the record.
    integration jsonb NOT NULL,
    -- An organization at a provider belongs to one organization here.
    CONSTRAINT integrations_external_key UNIQUE (provider, external_id)
  )`,
  sql`CREATE INDEX integrations_organization_id_idx ON integrations (organization_id)`,

  sql`CREATE TABLE external_users (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider text NOT NULL,
    integration_id bigint NOT NULL REFERENCES integrations ON DELETE CASCADE,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    external_name text NOT NULL,
    external_id text,
    CONSTRAINT external_users_name_key UNIQUE (integration_id, external_name)
  )`,
  sql`CREATE INDEX external_users_organization_id_idx ON external_users (organization_id)`,
  sql`CREATE INDEX external_users_member_id_idx ON external_users (member_id)`,

  sql`CREATE TABLE external_teams (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider text NOT NULL,
    integration_id bigint NOT NULL REFERENCES integrations ON DELETE CASCADE,
    team_id bigint NOT NULL REFERENCES teams ON DELETE CASCADE,
    external_name text NOT NULL,
    external_id text,
    follows text NOT NULL,
    CONSTRAINT external_teams_name_key UNIQUE (integration_id, team_id, external_name)
  )`,
  sql`CREATE INDEX external_teams_organization_id_idx ON external_teams (organization_id)`,
  sql`CREATE INDEX external_teams_team_id_idx ON external_teams (team_id)`,

  // How far each consumer of an organization's log has come.
  sql`CREATE TABLE log_consumers (
    organization_id bigint NOT NULL,
    -- The kind and the id of the record that the consumer belongs to: 'webhook:12'.
    consumer text NOT NULL,
    epoch text NOT NULL,
    -- The next event: all events before it were handled.
    revision bigint NOT NULL,
    event_index int NOT NULL DEFAULT 0,
    is_active boolean NOT NULL DEFAULT true,
    -- Failed attempts of the next event.
    attempts int NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_error text,
    failing_since timestamptz,
    -- The host that the consumer calls, so that few calls go to one host at a time.
    host text,
    -- The claim of an instance.
    lease text,
    leased_until timestamptz,
    CONSTRAINT log_consumers_pkey PRIMARY KEY (organization_id, consumer)
  )`,

  sql`CREATE TABLE deliveries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id bigint NOT NULL,
    consumer text NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    attempt int NOT NULL,
    delivered_at timestamptz NOT NULL,
    ms int NOT NULL,
    -- The HTTP status, or null without a response.
    status int,
    error text,
    -- The first KiB of the response.
    response text,
    next_attempt_at timestamptz
  )`,
  sql`CREATE INDEX deliveries_consumer_idx ON deliveries (organization_id, consumer, id)`,
  sql`CREATE INDEX deliveries_delivered_at_idx ON deliveries (delivered_at)`,

  // A connection to a provider in progress, from the redirect to its end.
  sql`CREATE TABLE integration_flows (
    -- SHA-256 of the state parameter.
    state_hash text PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider text NOT NULL,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    session_id bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    -- The PKCE verifier, encrypted.
    sealed text,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`CREATE INDEX integration_flows_organization_id_idx ON integration_flows (organization_id)`,
  sql`CREATE INDEX integration_flows_user_id_idx ON integration_flows (user_id)`,
  sql`CREATE INDEX integration_flows_session_id_idx ON integration_flows (session_id)`,

  // Notices of providers that were accepted, so that none counts twice.
  sql`CREATE TABLE provider_notices (
    provider text NOT NULL,
    notice_id text NOT NULL,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT provider_notices_pkey PRIMARY KEY (provider, notice_id)
  )`,
  sql`CREATE INDEX provider_notices_date_created_idx ON provider_notices (date_created)`,

  // When a directory at a provider is read next, and what the last reading found.
  sql`CREATE TABLE directory_reads (
    integration_id bigint PRIMARY KEY REFERENCES integrations ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    next_read_at timestamptz NOT NULL,
    last_read_at timestamptz,
    last_error text,
    drift jsonb,
    lease text,
    leased_until timestamptz
  )`,
  sql`CREATE INDEX directory_reads_organization_id_idx ON directory_reads (organization_id)`,
  sql`CREATE INDEX directory_reads_next_read_at_idx ON directory_reads (next_read_at)`,

  // Messages with buttons, to be rewritten once the request is decided.
  sql`CREATE TABLE notifier_messages (
    integration_id bigint NOT NULL REFERENCES integrations ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    -- The record that the message is about: 'member:12'.
    subject text NOT NULL,
    channel text NOT NULL,
    message_id text NOT NULL,
    CONSTRAINT notifier_messages_pkey PRIMARY KEY (integration_id, subject, channel)
  )`,
  sql`CREATE INDEX notifier_messages_organization_id_idx ON notifier_messages (organization_id)`,
];

/** Older versions deliver nothing to webhooks and integrations, and save none. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
