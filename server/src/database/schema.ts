import type {
  AuthProviderRecord,
  IpAllowListRecord,
  OrgFlags,
  OrgSettings,
  OrgSso,
  ProjectSettings,
  RetentionRecord,
  WebhookRecord,
} from '@rollcall/protocol';
import type { ColumnType, Generated } from 'kysely';
import type { FeatureTables } from '../features/tables.ts';
import type { ErasureOrganizationsTable, ErasuresTable, RemovedMembersTable } from './identity/erasure-tables.ts';
import type { SentInvitesTable } from './invites/invite-tables.ts';
import type { JobTables } from './job-tables.ts';
import type { Jsonb } from './jsonb.ts';
import type {
  DeliveriesTable,
  ExternalTeamsTable,
  ExternalUsersTable,
  IntegrationsTable,
  LogConsumersTable,
} from './outlets/outlet-tables.ts';
import type { ProjectKeysTable, ProjectsTable } from './projects/project-tables.ts';
import type { OrgSecretsTable, SecurityEventsTable, VerifiedDomainsTable } from './security/security-tables.ts';
import type { IdempotencyKeysTable, InstancesTable, MailOutboxTable } from './server-tables.ts';
import type { OperatorTokensTable } from './tokens/operator-token-tables.ts';
import type { ServiceTokensTable } from './tokens/service-token-tables.ts';

/**
 * The tables as Kysely sees them. int8 columns are read as strings, because ids are never numbers.
 * Revisions are converted to numbers where they are read. timestamptz columns are read as ISO 8601
 * text with microseconds.
 */

export interface Schema extends JobTables, FeatureTables {
  users: UsersTable;
  user_emails: UserEmailsTable;
  sessions: SessionsTable;
  session_sso: SessionSsoTable;
  sso_identities: SsoIdentitiesTable;
  erased_names: { digest: string };
  sso_removed_users: { organization_id: string; provider_id: string; user_id: string; email: string; addresses: Generated<string[]> };
  email_tokens: EmailTokensTable;
  authenticators: AuthenticatorsTable;
  passkeys: PasskeysTable;
  used_challenges: { nonce: string; expires_at: string };
  pending_refreshes: { user_id: string; version: Generated<string> };
  organizations: OrganizationsTable;
  removed_organizations: { organization_id: string; removed_at: Generated<string> };
  organization_removals: { organization_id: string; removed_at: Generated<string> };
  org_secrets: OrgSecretsTable;
  organization_avatars: { organization_id: string; uuid: string; content_type: string; image: Buffer };
  org_heads: OrgHeadsTable;
  moved_heads: { head_id: string; moved_at: Generated<string> };
  change_log: ChangeLogTable;
  members: MembersTable;
  teams: TeamsTable;
  team_members: { organization_id: string; team_id: string; member_id: string; team_role: string | null };
  projects: ProjectsTable;
  project_teams: { organization_id: string; project_id: string; team_id: string };
  project_redirects: { organization_id: string; slug: string; project_id: string };
  project_bookmarks: { organization_id: string; user_id: string; project_id: string };
  project_keys: ProjectKeysTable;
  project_settings: { organization_id: string; project_id: string; settings: Jsonb<ProjectSettings> };
  access_requests: AccessRequestsTable;
  auth_tokens: AuthTokensTable;
  security_events: SecurityEventsTable;
  service_tokens: ServiceTokensTable;
  operator_tokens: OperatorTokensTable;
  auth_providers: { id: string; organization_id: string; provider: Jsonb<Omit<AuthProviderRecord, 'id'>> };
  ip_allow_lists: { organization_id: string; list: Jsonb<Omit<IpAllowListRecord, 'id'>>; next_expiry: string | null };
  verified_domains: VerifiedDomainsTable;
  retentions: { organization_id: string; retention: Jsonb<Omit<RetentionRecord, 'id'>> };
  webhooks: { id: string; organization_id: string; webhook: Jsonb<Omit<WebhookRecord, 'id'>> };
  integrations: IntegrationsTable;
  external_users: ExternalUsersTable;
  external_teams: ExternalTeamsTable;
  external_ids: { organization_id: string; subject: string; external_id: string };
  log_consumers: LogConsumersTable;
  deliveries: DeliveriesTable;
  removed_members: RemovedMembersTable;
  erasures: ErasuresTable;
  erasure_organizations: ErasureOrganizationsTable;
  scim_addresses: { token_id: string; organization_id: string; address: string; last_seen: Generated<string> };
  audit_entries: AuditEntriesTable;
  idempotency_keys: IdempotencyKeysTable;
  mail_outbox: MailOutboxTable;
  instances: InstancesTable;
  mail_windows: { key: string; ends_at: string };
  sent_invites: SentInvitesTable;
  attempt_limits: { key: string; points: number; expire: string | null };
}

interface UsersTable {
  id: Generated<string>;
  email: string;
  name: Generated<string>;
  is_active: Generated<boolean>;
  password_hash: string | null;
  /** See `runtime/text/external-id.ts`. */
  external_id: string | null;
  /** When the erasure of the user was accepted. */
  erased_at: Generated<string | null>;
  date_joined: Generated<string>;
}

interface UserEmailsTable {
  id: Generated<string>;
  user_id: string;
  email: string;
  is_verified: Generated<boolean>;
  date_created: Generated<string>;
  /** Null for addresses that came with the account. */
  verified_at: string | null;
}

interface EmailTokensTable {
  id: string;
  user_id: string;
  email_id: string;
  purpose: string;
  token_hash: string;
  expires_at: string;
}

interface SessionsTable {
  id: Generated<string>;
  user_id: string;
  token_hash: string;
  date_created: Generated<string>;
  authenticated_at: Generated<string>;
  date_last_used: Generated<string>;
  expires_at: string;
  ip_address: string | null;
  user_agent: Generated<string>;
  /** `full` or `sso`. */
  kind: Generated<string>;
  /** The token before the last proof of identity, and the time until which it is accepted. */
  former_token_hash: Generated<string | null>;
  /** The last proof of identity before that, and whether a second factor was used until then. */
  former_authenticated_at: Generated<string | null>;
  former_has_second_factor: Generated<boolean | null>;
  former_until: Generated<string | null>;
  /**
   * Whether a second factor was used in this session. Null for a session that a version without
   * this column opened.
   */
  has_second_factor: Generated<boolean | null>;
  /** When it was last used. */
  second_factor_at: Generated<string | null>;
}

interface SessionSsoTable {
  session_id: string;
  organization_id: string;
  provider_id: string;
  generation: number;
  identity_id: string;
  authenticated_at: Generated<string>;
  expires_at: string;
  session_index: string | null;
  sid: string | null;
}

interface SsoIdentitiesTable {
  id: Generated<string>;
  organization_id: string;
  provider_id: string;
  subject: string;
  user_id: string;
  /** Null once the member was removed. */
  member_id: string | null;
  email: string | null;
  name: string | null;
  date_linked: Generated<string>;
  last_login: string | null;
  removed_at: string | null;
}

interface AuthenticatorsTable {
  id: Generated<string>;
  user_id: string;
  type: string;
  secret: string;
  /** For a TOTP, the time step of the latest accepted code. */
  last_counter: string | null;
  date_created: Generated<string>;
}

/** The passkeys of the user's row of `authenticators` with the type `webauthn`. */
interface PasskeysTable {
  id: Generated<string>;
  authenticator_id: string;
  /** In base64url, as the public key and the user handle. */
  credential_id: string;
  user_handle: string;
  public_key: string;
  /** The signatures that the authenticator has counted. Zero if it doesn't count them. */
  counter: string;
  transports: Jsonb<readonly string[]>;
  name: string;
  date_created: Generated<string>;
  date_last_used: string | null;
}

interface OrganizationsTable {
  id: string;
  slug: string;
  name: string;
  status: string;
  default_role: string;
  avatar_type: string;
  avatar_uuid: string | null;
  flags: Jsonb<OrgFlags & Partial<OrgSso>>;
  settings: Jsonb<OrgSettings>;
  date_created: string;
  /** Null while the organization is active. */
  remove_at: string | null;
  /** See `runtime/text/external-id.ts`. */
  external_id: string | null;
}

interface OrgHeadsTable {
  organization_id: string;
  epoch: Generated<string>;
  revision: ColumnType<string, number | undefined, number>;
  floor_revision: ColumnType<string, number | undefined, number>;
  chain: Generated<string>;
  live_audit_entries: Generated<number>;
}

interface ChangeLogTable {
  organization_id: string;
  revision: ColumnType<string, number, never>;
  idx: number;
  command: string;
  actor: string;
  request_id: string | null;
  kind: string;
  record_id: string;
  before: Jsonb<unknown> | null;
  after: Jsonb<unknown> | null;
  committed_at: Generated<string>;
}

interface MembersTable {
  id: string;
  organization_id: string;
  user_id: string | null;
  user_copy: ColumnType<unknown, string | null, string | null>;
  email: string | null;
  role: string;
  flags: Jsonb<unknown>;
  invite_status: string;
  inviter_id: string | null;
  inviter_name: string | null;
  invite_expires_at: string | null;
  invite_token_hash: string | null;
  invite_token_nonce: string | null;
  /** Valid only without a user. An older version does not clear it when the member accepts. */
  detached_user: Jsonb<{ id: string; name: string }> | null;
  date_created: string;
  is_recovery_owner: Generated<boolean>;
  /** The id of the member at the identity provider. */
  scim_external_id: string | null;
}

interface TeamsTable {
  id: string;
  organization_id: string;
  slug: string;
  name: string;
  flags: Jsonb<unknown>;
  date_created: string;
  /** The id of the team at the identity provider. */
  scim_external_id: string | null;
}

interface AccessRequestsTable {
  id: Generated<string>;
  organization_id: string;
  team_id: string;
  member_id: string;
  requester_id: string | null;
}

interface AuthTokensTable {
  id: string;
  user_id: string | null;
  organization_id: string | null;
  name: string;
  token_hash: string;
  token_last_characters: string;
  scopes: Jsonb<unknown>;
  date_created: string;
  date_last_used: string | null;
  expires_at: string | null;
  is_for_scim: Generated<boolean>;
}

interface AuditEntriesTable {
  id: Generated<string>;
  organization_id: string;
  event: string;
  actor_user_id: string | null;
  actor_name: string | null;
  target_user_id: string | null;
  target_user_name: string | null;
  target_object: string | null;
  ip_address: string | null;
  note: string;
  data: Jsonb<Record<string, string>>;
  date_created: string;
  is_live: boolean;
  operator_name: string | null;
}
