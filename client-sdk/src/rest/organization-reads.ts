import type {
  AccessRequest,
  AuditFilter,
  AuthProviderChoice,
  ChangesFilter,
  DeliveryFilter,
  DirectoryDrift,
  DriftSearch,
  Export,
  IntegrationDelivery,
  IpAllowListChanges,
  IpAllowListPreview,
  MetadataPreview,
  MetadataSource,
  ProjectKeySearch,
  RestAuditEntry,
  RestAuthProvider,
  RestChanges,
  RestIntegration,
  RestIntegrationProviders,
  RestIpAllowList,
  RestMember,
  RestMemberDetails,
  RestMemberWithTeams,
  RestOrganizationDetails,
  RestOrgToken,
  RestProject,
  RestProjectKey,
  RestRetention,
  RestSecurityEvent,
  RestSsoIdentity,
  RestTeam,
  RestVerifiedDomain,
  RestWebhook,
  RetentionChanges,
  RetentionPreview,
  Search,
  SecurityEventFilter,
  SignOnTest,
  SlackChannelPage,
  SlackChannels,
  SsoImpact,
  WebhookDelivery,
  WebhookState,
} from '@rollcall/protocol/rest';
import { list, orgName, type ReadOptions, type RestCall, read } from './calls.ts';

/**
 * Queries of one organization: searches, data that isn't part of the live state, and data that
 * depends on the caller. Live data is in `state`.
 */
export const organizationReads = {
  /** The organization, with the caller's scopes in it (`access`) and the available roles. */
  organization: () => read<RestOrganizationDetails>('organizations', orgName),
  /** The IP allow list, with the caller's own address and whether the list includes it. */
  ipAllowList: () => read<RestIpAllowList>('organizations', orgName, 'ip-allow-list'),
  /**
   * The subscriptions that a change of the list would end now. Requires a session with a recent
   * login.
   */
  previewIpAllowList: (changes: IpAllowListChanges): RestCall<IpAllowListPreview, ReadOptions> => {
    return { method: 'POST', path: ['organizations', orgName, 'ip-allow-list', 'preview'], body: changes, returns: 'data' };
  },
  /** The retention settings, with the values that apply under the plan. */
  retention: () => read<RestRetention>('organizations', orgName, 'retention'),
  /** Counts what the settings would remove now. Those that are absent have their stored values. */
  previewRetention: () => read<RetentionPreview, RetentionChanges>('organizations', orgName, 'retention', 'preview'),
  /** The domains, each with the DNS record that verifies it. */
  domains: () => read<readonly RestVerifiedDomain[]>('organizations', orgName, 'domains'),
  /** The providers that the operator has configured. */
  integrationProviders: () => read<RestIntegrationProviders>('organizations', orgName, 'config', 'integrations'),
  /** The integrations. All members may read them. */
  integrations: () => list<RestIntegration>('organizations', orgName, 'integrations'),
  /** Each attempt, newest first. */
  integrationDeliveries: (integrationId: string) =>
    list<IntegrationDelivery>('organizations', orgName, 'integrations', integrationId, 'deliveries'),
  /** The people at a provider compared with the members. */
  drift: (integrationId: string) => read<DirectoryDrift, DriftSearch>('organizations', orgName, 'integrations', integrationId, 'drift'),
  /** The public channels of a connected Slack workspace, in pages. */
  slackChannels: (integrationId: string) =>
    read<SlackChannels, SlackChannelPage>('organizations', orgName, 'integrations', integrationId, 'channels'),
  /** The identity providers to choose from. */
  authProviders: () => read<readonly AuthProviderChoice[]>('organizations', orgName, 'auth-providers'),
  /** The identity provider, for owners with its configuration. Null if there is none. */
  authProvider: () => read<RestAuthProvider | null>('organizations', orgName, 'auth-provider'),
  /** Reads the metadata of a SAML provider and saves nothing. Requires a recent login. */
  previewMetadata: (source: MetadataSource): RestCall<MetadataPreview, ReadOptions> => {
    return { method: 'POST', path: ['organizations', orgName, 'auth-provider', 'metadata'], body: source, returns: 'data' };
  },
  /** The result of a test, for the session that started it. */
  signOnTest: (testId: string) => read<SignOnTest>('organizations', orgName, 'auth-provider', 'test', testId),
  /** The members and connections that requiring single sign-on would affect now. */
  ssoImpact: () => read<SsoImpact>('organizations', orgName, 'auth-provider', 'impact'),
  /** The member's identity at the identity provider. */
  ssoIdentity: (memberId: string) => read<RestSsoIdentity>('organizations', orgName, 'members', memberId, 'sso-identity'),
  /** The requested exports. Requires an owner, in a session. */
  exports: () => read<readonly Export[]>('organizations', orgName, 'export'),
  /**
   * The webhooks, for callers who manage them. Managers and owners also have them live, in `state`.
   */
  webhooks: () => read<readonly RestWebhook[]>('organizations', orgName, 'webhooks'),
  /** Each attempt, newest first. */
  webhookDeliveries: (webhookId: string) =>
    list<WebhookDelivery, DeliveryFilter>('organizations', orgName, 'webhooks', webhookId, 'deliveries'),
  /** The position of a webhook in the log. */
  webhookState: (webhookId: string) => read<WebhookState>('organizations', orgName, 'webhooks', webhookId, 'state'),
  members: () => list<RestMember, Search>('organizations', orgName, 'members'),
  /** A member, with the roles that the caller may give them. */
  member: (memberId: string) => read<RestMemberDetails>('organizations', orgName, 'members', memberId),
  teams: () => list<RestTeam, Search>('organizations', orgName, 'teams'),
  projects: () => list<RestProject, Search>('organizations', orgName, 'projects'),
  /** Members who requested an invite, or for whom one was requested. */
  inviteRequests: () => list<RestMemberWithTeams>('organizations', orgName, 'invite-requests'),
  /** Requests to join teams that the caller may decide. */
  accessRequests: () => read<readonly AccessRequest[]>('organizations', orgName, 'access-requests'),
  /** The client keys of a project, with their secret parts and their addresses (DSN). */
  projectKeys: (project: string) => list<RestProjectKey, ProjectKeySearch>('projects', orgName, project, 'keys'),
  /** The organization's tokens, each with the time of its last use. */
  tokens: () => read<readonly RestOrgToken[]>('organizations', orgName, 'org-auth-tokens'),
  /** Changes as events, for programs that keep no replica. `after` of the result continues. */
  changes: () => read<RestChanges, ChangesFilter>('organizations', orgName, 'changes'),
  /** Security events, newest first. Requires `org:admin`. */
  securityEvents: () => list<RestSecurityEvent, SecurityEventFilter>('organizations', orgName, 'security-events'),
  /** The whole log, newest first. */
  auditLog: () => list<RestAuditEntry, AuditFilter>('organizations', orgName, 'audit-logs'),
};
