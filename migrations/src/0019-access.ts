import { type Kysely, sql } from 'kysely';

const statements = [
  // The records of the collection `security`. Each JSON value is a record without its id.
  sql`CREATE TABLE auth_providers (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    provider jsonb NOT NULL,
    CONSTRAINT auth_providers_organization_id_key UNIQUE (organization_id)
  )`,
  sql`CREATE TABLE ip_allow_lists (
    organization_id bigint PRIMARY KEY,
    list jsonb NOT NULL
  )`,
  sql`CREATE TABLE verified_domains (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL,
    domain text NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    date_verified timestamptz,
    date_created timestamptz NOT NULL,
    CONSTRAINT verified_domains_organization_id_domain_key UNIQUE (organization_id, domain)
  )`,
  sql`CREATE INDEX verified_domains_domain_idx ON verified_domains (domain)`,
  // Several organizations may claim a domain, but only one may own it.
  sql`CREATE UNIQUE INDEX verified_domains_owned_key ON verified_domains (domain) WHERE role = 'owned' AND status = 'verified'`,

  // An owner who gets in without single sign-on where it is required.
  sql`ALTER TABLE members ADD COLUMN is_recovery_owner boolean NOT NULL DEFAULT false`,

  // A person's identity at a provider. It stays when the member is removed, so that the provider cannot bring them back.
  sql`CREATE TABLE sso_identities (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    organization_id bigint NOT NULL,
    provider_id bigint NOT NULL REFERENCES auth_providers ON DELETE CASCADE,
    subject text NOT NULL,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    member_id bigint REFERENCES members ON DELETE SET NULL,
    email text,
    name text,
    date_linked timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_login timestamptz,
    removed_at timestamptz,
    CONSTRAINT sso_identities_provider_id_subject_key UNIQUE (provider_id, subject),
    CONSTRAINT sso_identities_provider_id_user_id_key UNIQUE (provider_id, user_id)
  )`,
  sql`CREATE INDEX sso_identities_organization_id_idx ON sso_identities (organization_id)`,
  sql`CREATE INDEX sso_identities_user_id_idx ON sso_identities (user_id)`,
  sql`CREATE INDEX sso_identities_member_id_idx ON sso_identities (member_id)`,

  // 'full': a password, and a second factor if there is one. 'sso': a provider alone, for the organizations of its bindings.
  sql`ALTER TABLE sessions ADD COLUMN kind text NOT NULL DEFAULT 'full'`,
  // The single sign-on of a session for one organization.
  sql`CREATE TABLE session_sso (
    session_id bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    organization_id bigint NOT NULL,
    provider_id bigint NOT NULL REFERENCES auth_providers ON DELETE CASCADE,
    generation int NOT NULL,
    identity_id bigint NOT NULL REFERENCES sso_identities ON DELETE CASCADE,
    authenticated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    session_index text,
    sid text,
    CONSTRAINT session_sso_pkey PRIMARY KEY (session_id, organization_id)
  )`,
  sql`CREATE INDEX session_sso_organization_id_idx ON session_sso (organization_id)`,
  sql`CREATE INDEX session_sso_provider_id_idx ON session_sso (provider_id)`,
  sql`CREATE INDEX session_sso_identity_id_idx ON session_sso (identity_id)`,
];

/** Older versions open full sessions, and neither read nor write the other tables. */
export const isAdditive = true;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
