import type { OrgRoleId, TeamRoleId } from '@rollcall/protocol';
import type {
  AuthProviderChanges,
  CheckedDomain,
  CreatedOrgToken,
  DomainRole,
  InstalledProvider,
  IntegrationChanges,
  IntegrationInstall,
  IntegrationTest,
  InviteRequestChanges,
  IpAllowListChanges,
  MemberChanges,
  MembersAction,
  NewAuthProvider,
  NewConnection,
  NewDomain,
  NewExport,
  NewExternalTeam,
  NewExternalUser,
  NewInvite,
  NewOrgToken,
  NewProject,
  NewProjectKey,
  NewScimToken,
  NewTeam,
  NewWebhook,
  OrganizationChanges,
  ProjectChanges,
  ProjectKeyChanges,
  ReinstatedMembers,
  RequestExportInput,
  RestAuthProvider,
  RestExternalTeam,
  RestExternalUser,
  RestIntegration,
  RestIpAllowList,
  RestMember,
  RestMemberDetails,
  RestMembersChanged,
  RestMemberWithTeams,
  RestOrganizationDetails,
  RestProject,
  RestProjectDetails,
  RestProjectKey,
  RestRetention,
  RestSsoIdentity,
  RestTeam,
  RestTeamMembership,
  RestVerifiedDomain,
  RestWebhook,
  RestWebhookWithSecret,
  RetentionChanges,
  StartedSignOnTest,
  WebhookChanges,
  WebhookTest,
} from '@rollcall/protocol/rest';
import { command, orgName, type Segment } from './calls.ts';

const onOrg = (...path: readonly Segment[]): Segment[] => ['organizations', orgName, ...path];
const onWebhook = (id: string, ...path: readonly Segment[]): Segment[] => onOrg('webhooks', id, ...path);
const onProvider = (...path: readonly Segment[]): Segment[] => onOrg('auth-provider', ...path);
const onTeam = (team: string, ...path: readonly Segment[]): Segment[] => ['teams', orgName, team, ...path];
/** Not repeated, because a repetition would fail or lose what only the first response contains. */
const once = <T extends object>(call: T) => ({ ...call, isSentOnce: true as const });
const onProject = (project: string, ...path: readonly Segment[]): Segment[] => ['projects', orgName, project, ...path];

/**
 * The commands of one organization. Each is one transaction and one revision, or is refused. Pass
 * the result's `revision` to `waitFor` to read your own write. Teams and projects are named by slug
 * or id, members by id, and the caller by `me`. Failures are `OrgError`.
 */
export const organizationCommands = {
  /** Flags and settings too. With `ifRevision`, it is refused if another change came first. */
  updateOrganization: (changes: OrganizationChanges) => command<RestOrganizationDetails>('PUT', onOrg(), changes),
  /**
   * Takes effect after a day, during which `restoreOrganization` cancels it. Requires a session
   * with a recent login.
   */
  removeOrganization: () => command<RestOrganizationDetails>('DELETE', onOrg()),
  restoreOrganization: () => command<RestOrganizationDetails>('PUT', onOrg(), { cancelDeletion: true }),

  /**
   * Changes the addresses from which the organization may be reached. It must include the caller's
   * own. Requires a session with a recent login.
   */
  updateIpAllowList: (changes: IpAllowListChanges) => command<RestIpAllowList>('PUT', onOrg('ip-allow-list'), changes),

  /**
   * Changes for how many days the data is stored. Null sets the default. Requires a session with a
   * recent login.
   */
  updateRetention: (changes: RetentionChanges) => command<RestRetention>('PUT', onOrg('retention'), changes),

  /**
   * Adds a domain, which has no effect until `verifyDomain`. Requires a session with a recent
   * login.
   */
  addDomain: (domain: NewDomain) => command<RestVerifiedDomain>('POST', onOrg('domains'), domain),
  /** Looks up the domain's TXT record now. Requires a session with a recent login. */
  verifyDomain: (domainId: string) => command<CheckedDomain>('POST', onOrg('domains', domainId, 'verify')),
  /** Requires a session with a recent login. */
  updateDomain: (domainId: string, changes: { readonly role: DomainRole }) =>
    command<RestVerifiedDomain>('PUT', onOrg('domains', domainId), changes),
  /** Members who joined because of it stay. Requires a session with a recent login. */
  removeDomain: (domainId: string) => command<null>('DELETE', onOrg('domains', domainId)),

  /**
   * Adds an identity provider as a draft, which logs no one in. All commands for it require a
   * session with a recent login.
   */
  createAuthProvider: (provider: NewAuthProvider) => once(command<RestAuthProvider>('POST', onProvider(), provider)),
  /** `active: true` requires a test that succeeded since the last change of `config`. */
  updateAuthProvider: (changes: AuthProviderChanges) => command<RestAuthProvider>('PUT', onProvider(), changes),
  /** Unlinks all members. Users without a password get a mail with a link to set one. */
  removeAuthProvider: () => command<null>('DELETE', onProvider()),
  /** Creates a second certificate of this server for a SAML provider. Both are in its metadata. */
  addSpCertificate: () => once(command<RestAuthProvider>('POST', onProvider('sp-certificate'))),
  /** Signs with the second certificate from now on, and deletes the first. */
  activateSpCertificate: () => once(command<RestAuthProvider>('POST', onProvider('sp-certificate', 'activate'))),
  /** The same browser must open the `url`. `org.read.signOnTest` returns the result. */
  startSignOnTest: () => once(command<StartedSignOnTest>('POST', onProvider('test'))),
  /** The token is only in this response. Older ones end after 24 hours. */
  createScimToken: () => once(command<NewScimToken>('POST', onProvider('scim-token'))),
  /** Ends the member's logins with the identity. The member has to link it again. */
  invalidateSsoIdentity: (memberId: string) =>
    command<RestSsoIdentity>('PUT', onOrg('members', memberId, 'sso-identity'), { invalid: true }),
  /** Ends the member's logins with the identity. */
  unlinkSsoIdentity: (memberId: string) => once(command<null>('DELETE', onOrg('members', memberId, 'sso-identity'))),

  /**
   * Requests an export. Requires an owner with a recent login. The file is complete when `exports`
   * lists it as `done`.
   */
  requestExport: (input: RequestExportInput) => command<NewExport>('POST', onOrg('export'), input),
  /** The secret is only in this response. Requires a recent login, as `rotateWebhookSecret`. */
  createWebhook: (webhook: NewWebhook) => once(command<RestWebhookWithSecret>('POST', onOrg('webhooks'), webhook)),
  /** With `status: 'active'`, delivery continues at the webhook's position. */
  updateWebhook: (webhookId: string, changes: WebhookChanges) => command<RestWebhook>('PUT', onWebhook(webhookId), changes),
  removeWebhook: (webhookId: string) => command<null>('DELETE', onWebhook(webhookId)),
  /** Creates a new secret. For 24 hours, deliveries are also signed with the previous one. */
  rotateWebhookSecret: (webhookId: string) => once(command<RestWebhookWithSecret>('POST', onWebhook(webhookId, 'rotate-secret'))),
  /** Sends `webhook.test` now, outside the order of events. */
  testWebhook: (webhookId: string) => once(command<WebhookTest>('POST', onWebhook(webhookId, 'test'))),
  /** Delivers the events from a revision on again, with the same ids. */
  replayWebhook: (webhookId: string, fromRevision: number) => command<null>('POST', onWebhook(webhookId, 'replay'), { fromRevision }),
  /** Gives up the event that waits for another attempt. */
  skipWebhookEvent: (webhookId: string) => command<null>('POST', onWebhook(webhookId, 'skip')),

  inviteMember: (invite: NewInvite) => command<RestMember>('POST', onOrg('members'), invite),
  /** Sends the mail again. An expired invite, or a new link, needs `regenerate`. */
  reinviteMember: (memberId: string, how?: { readonly regenerate?: boolean }) =>
    command<RestMemberDetails>('PUT', onOrg('members', memberId), { reinvite: true, regenerate: how?.regenerate ?? false }),
  updateMember: (memberId: string, changes: MemberChanges) => command<RestMemberDetails>('PUT', onOrg('members', memberId), changes),
  changeMemberRole: (memberId: string, orgRole: OrgRoleId) => command<RestMemberDetails>('PUT', onOrg('members', memberId), { orgRole }),
  /** Removes a member or takes back an invite; `me` leaves the organization. */
  removeMember: (memberId: string) => command<null>('DELETE', onOrg('members', memberId)),

  /**
   * Readmits members whom `require2FA` blocked, once it is off: those with these ids, or all of
   * them.
   */
  reinstateMembers: (memberIds?: readonly string[]) =>
    command<ReinstatedMembers>('POST', onOrg('reinstate-members'), memberIds === undefined ? {} : { members: memberIds }),
  /**
   * Changes or removes up to 100 members in order, with one command each. `results` has one result
   * each. The `revision` is that of the last executed command.
   */
  changeMembers: (memberIds: readonly string[], action: MembersAction) =>
    command<RestMembersChanged>('POST', onOrg('members-bulk'), { ...action, members: memberIds }),

  /**
   * Removes a member's lost second factor. For owners with a recent login, if `canReset2fa` of the
   * member's details is true.
   */
  resetSecondFactor: (memberId: string) => once(command<null>('DELETE', onOrg('members', memberId, 'second-factor'))),

  /** Requests an invite from the managers of members. */
  requestInvite: (invite: NewInvite) => command<RestMember>('POST', onOrg('invite-requests'), invite),
  /** Changes the role and teams of a requested member. `approve` sends the invite. */
  updateInviteRequest: (memberId: string, changes: InviteRequestChanges) =>
    command<RestMemberWithTeams>('PUT', onOrg('invite-requests', memberId), changes),
  refuseInviteRequest: (memberId: string) => command<null>('DELETE', onOrg('invite-requests', memberId)),
  /** Decides a request to join a team. */
  decideAccessRequest: (requestId: string, isApproved: boolean) =>
    command<null>('PUT', onOrg('access-requests', requestId), { isApproved }),

  createTeam: (team: NewTeam) => command<RestTeam>('POST', onOrg('teams'), team),
  updateTeam: (team: string, changes: NewTeam) => command<RestTeam>('PUT', onTeam(team), changes),
  removeTeam: (team: string) => command<null>('DELETE', onTeam(team)),
  /**
   * Status 201 if added, 204 if already on the team, 202 if it must be approved. Only 201 returns
   * the team.
   */
  addTeamMember: (team: string, memberId: string) => command<RestTeam | null>('POST', onOrg('members', memberId, 'teams', team)),
  changeTeamRole: (team: string, memberId: string, teamRole: TeamRoleId) =>
    command<RestTeamMembership>('PUT', onOrg('members', memberId, 'teams', team), { teamRole }),
  removeTeamMember: (team: string, memberId: string) => command<RestTeam>('DELETE', onOrg('members', memberId, 'teams', team)),
  joinTeam: (team: string) => command<RestTeam | null>('POST', onOrg('members', 'me', 'teams', team)),
  leaveTeam: (team: string) => command<RestTeam>('DELETE', onOrg('members', 'me', 'teams', team)),

  /** Connects a provider that has a form. Sends a test message first. Requires a recent login. */
  connectIntegration: ({ provider, ...fields }: NewConnection) =>
    once(command<RestIntegration>('POST', onOrg('integrations', provider), fields)),
  /**
   * Begins the connection of a provider that has no form. The same browser must open the `url`.
   * Requires a session with a recent login.
   */
  installIntegration: (provider: InstalledProvider) =>
    once(command<IntegrationInstall>('POST', onOrg('integrations', provider, 'install'))),
  /** Sends a test message now, outside the order of events. */
  testIntegration: (integrationId: string) => once(command<IntegrationTest>('POST', onOrg('integrations', integrationId, 'test'))),
  /** Changes the settings that are given. Requires `org:integrations`. */
  updateIntegration: (integrationId: string, changes: IntegrationChanges) =>
    command<RestIntegration>('POST', onOrg('integrations', integrationId), changes),
  /** Disconnects it, with its mappings. */
  removeIntegration: (integrationId: string) => command<null>('DELETE', onOrg('integrations', integrationId)),
  /**
   * Requests a read of the provider's people and teams. `confirm` also applies the changes that the
   * last read held back until a person confirms them.
   */
  syncIntegration: (integrationId: string, options: { readonly confirm?: boolean }) =>
    once(command<null>('POST', onOrg('integrations', integrationId, 'sync'), options)),
  /**
   * Maps the caller to their own account at a provider whose people are read. The same browser must
   * open the `url`. Requires a session.
   */
  mapOwnAccount: (integrationId: string) => once(command<IntegrationInstall>('POST', onOrg('integrations', integrationId, 'account'))),
  /** Members may map themselves to Slack users. Owners may map any member. */
  mapExternalUser: (mapping: NewExternalUser) => command<RestExternalUser>('POST', onOrg('external-users'), mapping),
  unmapExternalUser: (mappingId: string) => command<null>('DELETE', onOrg('external-users', mappingId)),
  mapExternalTeam: (team: string, mapping: NewExternalTeam) => command<RestExternalTeam>('POST', onTeam(team, 'external-teams'), mapping),
  /** Changes what is given, for example whether the team follows the provider's team. */
  updateExternalTeam: (team: string, mappingId: string, changes: Partial<NewExternalTeam>) =>
    command<RestExternalTeam>('PUT', onTeam(team, 'external-teams', mappingId), changes),
  unmapExternalTeam: (team: string, mappingId: string) => command<null>('DELETE', onTeam(team, 'external-teams', mappingId)),

  createProject: ({ team, ...project }: NewProject) =>
    command<RestProject>('POST', team === undefined ? onOrg('projects') : onTeam(team, 'projects'), project),
  updateProject: (project: string, changes: ProjectChanges) => command<RestProjectDetails>('PUT', onProject(project), changes),
  removeProject: (project: string) => command<null>('DELETE', onProject(project)),
  assignProject: (project: string, team: string) => command<RestProject>('POST', onProject(project, 'teams', team)),
  unassignProject: (project: string, team: string) => command<RestProject>('DELETE', onProject(project, 'teams', team)),

  createProjectKey: (project: string, key: NewProjectKey) => command<RestProjectKey>('POST', onProject(project, 'keys'), key),
  updateProjectKey: (project: string, keyId: string, changes: ProjectKeyChanges) =>
    command<RestProjectKey>('PUT', onProject(project, 'keys', keyId), changes),
  removeProjectKey: (project: string, keyId: string) => command<null>('DELETE', onProject(project, 'keys', keyId)),

  /** The token itself is only in this response. */
  createToken: (token: NewOrgToken) => once(command<CreatedOrgToken>('POST', onOrg('org-auth-tokens'), token)),
  renameToken: (tokenId: string, name: string) => command<null>('PUT', onOrg('org-auth-tokens', tokenId), { name }),
  removeToken: (tokenId: string) => command<null>('DELETE', onOrg('org-auth-tokens', tokenId)),
};
