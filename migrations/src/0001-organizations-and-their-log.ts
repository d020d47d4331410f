import { type Kysely, sql } from 'kysely';

export const isAdditive = true;

const statements = [
  // One sequence for every record: an id then names one thing, and a test that swaps ids cannot hit by luck.
  sql`CREATE SEQUENCE record_ids AS bigint`,

  sql`CREATE TABLE users (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    email text NOT NULL,
    name text NOT NULL DEFAULT '',
    is_active boolean NOT NULL DEFAULT true,
    password_hash text,
    date_joined timestamptz NOT NULL DEFAULT clock_timestamp()
  )`,
  sql`CREATE UNIQUE INDEX users_email_key ON users (lower(email))`,

  sql`CREATE TABLE authenticators (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    type text NOT NULL CHECK (type IN ('totp', 'recovery')),
    secret text NOT NULL,
    date_created timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT authenticators_user_id_type_key UNIQUE (user_id, type)
  )`,

  // Users whose copies in member rows are behind. Written with the change to the user, so that a crash loses nothing.
  sql`CREATE TABLE pending_refreshes (
    user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    version bigint NOT NULL DEFAULT nextval('record_ids')
  )`,

  // Slugs sort alike on every server, whatever its locale: pages of lists are cut by this order.
  sql`CREATE TABLE organizations (
    id bigint PRIMARY KEY,
    slug text COLLATE "C" NOT NULL,
    name text NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'pending_deletion', 'deletion_in_progress')),
    default_role text NOT NULL,
    avatar_type text NOT NULL,
    flags jsonb NOT NULL,
    settings jsonb NOT NULL,
    date_created timestamptz NOT NULL
  )`,
  sql`CREATE UNIQUE INDEX organizations_slug_key ON organizations (lower(slug))`,

  sql`CREATE TABLE org_heads (
    organization_id bigint PRIMARY KEY,
    epoch uuid NOT NULL DEFAULT gen_random_uuid(),
    revision bigint NOT NULL DEFAULT 0,
    floor_revision bigint NOT NULL DEFAULT 0,
    chain text NOT NULL DEFAULT '0000000000000000'
  )`,
  // Organization 0 is the server's own stream.
  sql`INSERT INTO org_heads (organization_id) VALUES (0)`,

  sql`CREATE TABLE change_log (
    organization_id bigint NOT NULL,
    revision bigint NOT NULL,
    idx integer NOT NULL,
    command text NOT NULL,
    actor text NOT NULL,
    request_id text,
    kind text NOT NULL,
    record_id text NOT NULL,
    before jsonb,
    after jsonb,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, revision, idx)
  )`,

  sql`CREATE TABLE members (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations,
    user_id bigint REFERENCES users,
    -- The user as of this organization's revision. A change to the user arrives as a revision of its own.
    user_copy jsonb,
    email text,
    role text NOT NULL,
    flags jsonb NOT NULL,
    invite_status text NOT NULL,
    inviter_id bigint,
    inviter_name text,
    invite_expires_at timestamptz,
    invite_token_hash text,
    date_created timestamptz NOT NULL,
    CONSTRAINT members_organization_id_user_id_key UNIQUE (organization_id, user_id),
    CONSTRAINT members_user_or_email CHECK (user_id IS NOT NULL OR email IS NOT NULL)
  )`,
  sql`CREATE UNIQUE INDEX members_organization_id_email_key ON members (organization_id, lower(email))`,
  sql`CREATE INDEX members_user_id_idx ON members (user_id)`,

  sql`CREATE TABLE teams (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations,
    slug text COLLATE "C" NOT NULL,
    name text NOT NULL,
    flags jsonb NOT NULL,
    date_created timestamptz NOT NULL,
    CONSTRAINT teams_organization_id_slug_key UNIQUE (organization_id, slug)
  )`,

  sql`CREATE TABLE team_members (
    organization_id bigint NOT NULL REFERENCES organizations,
    team_id bigint NOT NULL REFERENCES teams,
    member_id bigint NOT NULL REFERENCES members,
    team_role text,
    PRIMARY KEY (team_id, member_id)
  )`,
  sql`CREATE INDEX team_members_member_id_idx ON team_members (member_id)`,
  sql`CREATE INDEX team_members_organization_id_idx ON team_members (organization_id)`,

  sql`CREATE TABLE projects (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations,
    slug text COLLATE "C" NOT NULL,
    name text NOT NULL,
    platform text,
    date_created timestamptz NOT NULL,
    CONSTRAINT projects_organization_id_slug_key UNIQUE (organization_id, slug)
  )`,

  sql`CREATE TABLE project_teams (
    organization_id bigint NOT NULL REFERENCES organizations,
    project_id bigint NOT NULL REFERENCES projects,
    team_id bigint NOT NULL REFERENCES teams,
    PRIMARY KEY (project_id, team_id)
  )`,
  sql`CREATE INDEX project_teams_team_id_idx ON project_teams (team_id)`,
  sql`CREATE INDEX project_teams_organization_id_idx ON project_teams (organization_id)`,

  // A project's earlier slugs, for redirects.
  sql`CREATE TABLE project_redirects (
    organization_id bigint NOT NULL,
    slug text COLLATE "C" NOT NULL,
    project_id bigint NOT NULL REFERENCES projects ON DELETE CASCADE,
    PRIMARY KEY (organization_id, slug)
  )`,
  sql`CREATE TABLE project_bookmarks (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    project_id bigint NOT NULL REFERENCES projects ON DELETE CASCADE,
    PRIMARY KEY (user_id, project_id)
  )`,

  sql`CREATE TABLE access_requests (
    id bigint PRIMARY KEY DEFAULT nextval('record_ids'),
    organization_id bigint NOT NULL,
    team_id bigint NOT NULL REFERENCES teams ON DELETE CASCADE,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    requester_id bigint REFERENCES users,
    CONSTRAINT access_requests_team_id_member_id_key UNIQUE (team_id, member_id)
  )`,

  // Tokens of users (organization_id binds one to an organization) and of organizations (no user). Only the hash is kept.
  sql`CREATE TABLE auth_tokens (
    id bigint PRIMARY KEY,
    user_id bigint REFERENCES users ON DELETE CASCADE,
    organization_id bigint REFERENCES organizations,
    name text NOT NULL DEFAULT '',
    token_hash text NOT NULL,
    token_last_characters text NOT NULL,
    scopes jsonb NOT NULL,
    date_created timestamptz NOT NULL,
    date_last_used timestamptz,
    expires_at timestamptz,
    CONSTRAINT auth_tokens_token_hash_key UNIQUE (token_hash),
    CONSTRAINT auth_tokens_user_or_organization CHECK (user_id IS NOT NULL OR organization_id IS NOT NULL)
  )`,
  sql`CREATE INDEX auth_tokens_user_id_idx ON auth_tokens (user_id)`,
  sql`CREATE INDEX auth_tokens_organization_id_idx ON auth_tokens (organization_id)`,

  sql`CREATE TABLE idempotency_keys (
    actor text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    answer jsonb NOT NULL,
    org_revision text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (actor, key)
  )`,
  sql`CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
