import { type Kysely, sql } from 'kysely';

const statements = [
  // What an identity provider needs besides its record and its secrets.
  sql`CREATE TABLE auth_provider_configs (
    provider_id bigint PRIMARY KEY REFERENCES auth_providers ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    config jsonb NOT NULL,
    -- PEM. The certificate of the key with which SAML requests are signed and assertions are encrypted.
    sp_certificate text
  )`,

  // A login at a provider, from the redirect to its end. Any instance may finish what another began.
  sql`CREATE TABLE sso_flows (
    -- SHA-256 of the handle, which only the browser that began the flow has.
    handle_hash text PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider_id bigint NOT NULL REFERENCES auth_providers ON DELETE CASCADE,
    generation int NOT NULL,
    purpose text NOT NULL,
    -- The ID of the SAML request, or SHA-256 of the OIDC state.
    request_key text NOT NULL,
    -- The OIDC nonce and verifier and the invitation's link, encrypted.
    sealed text,
    -- The user whose session began the flow, and that session.
    user_id bigint REFERENCES users ON DELETE CASCADE,
    session_id bigint REFERENCES sessions ON DELETE CASCADE,
    next text NOT NULL DEFAULT '/',
    network text,
    -- What the provider asserted, until the browser returns.
    answer jsonb,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT sso_flows_request_key_key UNIQUE (request_key)
  )`,
  sql`CREATE INDEX sso_flows_provider_id_idx ON sso_flows (provider_id)`,
  sql`CREATE INDEX sso_flows_organization_id_network_idx ON sso_flows (organization_id, network)`,
  sql`CREATE INDEX sso_flows_user_id_idx ON sso_flows (user_id)`,
  sql`CREATE INDEX sso_flows_session_id_idx ON sso_flows (session_id)`,
  sql`CREATE INDEX sso_flows_date_created_idx ON sso_flows (date_created)`,

  // Assertions that have opened a session, so that none opens another.
  sql`CREATE TABLE sso_seen (
    provider_id bigint NOT NULL REFERENCES auth_providers ON DELETE CASCADE,
    assertion_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sso_seen_pkey PRIMARY KEY (provider_id, assertion_id)
  )`,
  sql`CREATE INDEX sso_seen_expires_at_idx ON sso_seen (expires_at)`,
];

/** Older versions log no one in by a provider. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
