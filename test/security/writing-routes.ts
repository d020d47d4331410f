import type { WholeOrganization } from './whole-organization.ts';

/** A call that a writing route accepts from the organization's owner. */
export interface GoodCall {
  /** Parameters that differ from {@link namesOf}. */
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The same bodies with ids of another organization, where a body contains ids. */
  readonly foreignBodies?: (theirs: WholeOrganization) => readonly unknown[];
}

/** A writing route: the call that changes the organization, or the reason why no call does. */
export type WritingRoute = ((org: WholeOrganization) => GoodCall) | NoPush;

/** A route that changes no data of an organization's subscribers. */
export interface NoPush {
  readonly pushesNothing: string;
}

const ownAccount: NoPush = { pushesNothing: 'is about the caller’s own account, and is tested with it' };

const withoutScim: NoPush = { pushesNothing: 'is refused without an identity provider that uses SCIM, and is tested with one' };

let made = 0;
const aSlug = () => `made-${++made}`;
const anAddress = () => `made-${++made}@example.com`;

const aTeamAtProvider = (integrationId: string) => ({ externalName: aSlug(), provider: 'slack', integrationId });
const aPersonAtProvider = (integrationId: string, userId: string) => ({ ...aTeamAtProvider(integrationId), userId });

const teamsOf = ({ team }: WholeOrganization) => [{ teams: [team.slug] }, { teamRoles: [{ teamSlug: team.slug, role: null }] }];

/**
 * Every route except those with GET. A new route without a row fails the test
 * (push-of-routes.test.ts).
 */
export const writingRoutes: Readonly<Record<string, WritingRoute>> = {
  'POST /auth/login/': ownAccount,
  'POST /auth/register/': ownAccount,
  'POST /auth/logout/': ownAccount,
  'POST /auth/logout-all/': ownAccount,
  'DELETE /auth/sessions/:session/': ownAccount,
  'PUT /auth/': ownAccount,
  'PUT /auth/password/': ownAccount,
  'DELETE /users/me/': ownAccount,
  'POST /auth/authenticators/totp/': ownAccount,
  'DELETE /auth/authenticators/totp/': ownAccount,
  'POST /auth/authenticators/totp/confirm/': ownAccount,
  'POST /auth/authenticators/recovery/': ownAccount,
  'POST /auth/authenticators/webauthn/': ownAccount,
  'POST /auth/authenticators/webauthn/confirm/': ownAccount,
  'PUT /auth/authenticators/webauthn/:passkey/': ownAccount,
  'DELETE /auth/authenticators/webauthn/:passkey/': ownAccount,
  'POST /auth/passkey/': ownAccount,
  'POST /auth/passkey/login/': ownAccount,
  'POST /auth/emails/': ownAccount,
  'POST /auth/emails/remove/': ownAccount,
  'POST /auth/emails/verify/': ownAccount,
  'PUT /auth/emails/:email/': ownAccount,
  'DELETE /auth/emails/:email/': ownAccount,
  'POST /auth/emails/:email/ask/': ownAccount,
  'POST /auth/password-reset/': ownAccount,
  'POST /auth/password-reset/confirm/': ownAccount,
  'POST /api-tokens/': ownAccount,
  'DELETE /api-tokens/': ownAccount,
  'POST /organizations/': { pushesNothing: 'creates an organization that has no subscriber yet' },

  'PUT /organizations/:org/': () => ({ body: { name: 'Another name' } }),
  'DELETE /organizations/:org/': () => ({}),
  'PUT /organizations/:org/ip-allow-list/': () => ({ body: { rules: [{ cidr: '127.0.0.1', description: 'Here' }] } }),
  'POST /organizations/:org/ip-allow-list/preview/': { pushesNothing: 'changes nothing' },
  'POST /organizations/:org/export/': () => ({ body: { history: true } }),
  'PUT /organizations/:org/retention/': () => ({ body: { auditDays: 30 } }),
  'POST /organizations/:org/auth-provider/': {
    pushesNothing: 'is refused, because each organization here has a provider (auth-provider.test.ts)',
  },
  'PUT /organizations/:org/auth-provider/': () => ({ body: { session_hours: 24 } }),
  'DELETE /organizations/:org/auth-provider/': () => ({}),
  'POST /organizations/:org/auth-provider/metadata/': { pushesNothing: 'changes nothing' },
  'POST /organizations/:org/auth-provider/sp-certificate/': { pushesNothing: 'needs a SAML provider (sp-certificate.test.ts)' },
  'POST /organizations/:org/auth-provider/sp-certificate/activate/': { pushesNothing: 'needs a SAML provider (sp-certificate.test.ts)' },
  'POST /organizations/:org/auth-provider/test/': { pushesNothing: 'begins a login at a provider (oidc-login.test.ts)' },
  'POST /organizations/:org/domains/': () => ({ body: { domain: `${aSlug()}.example`, role: 'affiliated' } }),
  'POST /organizations/:org/domains/:domain/verify/': { pushesNothing: 'needs a record in DNS, which domains.test.ts has' },
  'PUT /organizations/:org/domains/:domain/': () => ({ body: { role: 'owned' } }),
  'DELETE /organizations/:org/domains/:domain/': () => ({}),
  'POST /organizations/:org/webhooks/': () => ({ body: { url: 'https://receiver.invalid/' } }),
  'PUT /organizations/:org/webhooks/:webhook/': () => ({ body: { description: 'Another description' } }),
  'DELETE /organizations/:org/webhooks/:webhook/': () => ({}),
  'POST /organizations/:org/webhooks/:webhook/rotate-secret/': () => ({}),
  'POST /organizations/:org/webhooks/:webhook/replay/': () => ({ body: { fromRevision: 1 } }),
  'POST /organizations/:org/webhooks/:webhook/test/': { pushesNothing: 'sends an event to the receiver only (webhook-test.test.ts)' },
  'POST /organizations/:org/webhooks/:webhook/skip/': { pushesNothing: 'needs a failed delivery, which webhook-deliveries.test.ts has' },
  'POST /organizations/:org/members/': () => ({
    body: { email: anAddress() },
    foreignBodies: (theirs) => teamsOf(theirs).map((teams) => ({ email: anAddress(), ...teams })),
  }),
  'POST /organizations/:org/members-bulk/': ({ people, team }) => ({
    body: { action: 'add-to-team', team: team.slug, members: [people.admin.memberId] },
  }),
  'PUT /organizations/:org/members/:member/': () => ({ body: { orgRole: 'manager' }, foreignBodies: teamsOf }),
  'DELETE /organizations/:org/members/:member/': () => ({}),
  'PUT /organizations/:org/members/:member/sso-identity/': () => ({ body: { invalid: true } }),
  'DELETE /organizations/:org/members/:member/sso-identity/': () => ({}),
  'DELETE /organizations/:org/members/:member/second-factor/': {
    pushesNothing: 'resets a second factor, which no member here has (reset-second-factor.test.ts)',
  },
  'POST /organizations/:org/reinstate-members/': {
    pushesNothing: 'lets back in whom a required second factor locked out, who are none here (locked-out-members.test.ts)',
  },
  'POST /organizations/:org/invite-requests/': () => ({
    body: { email: anAddress() },
    foreignBodies: (theirs) => teamsOf(theirs).map((teams) => ({ email: anAddress(), ...teams })),
  }),
  'PUT /organizations/:org/invite-requests/:member/': () => ({ body: { approve: true }, foreignBodies: teamsOf }),
  'DELETE /organizations/:org/invite-requests/:member/': () => ({}),
  'POST /organizations/:org/join-request/': () => ({ body: { email: anAddress() } }),
  'POST /accept-invite/details/': { pushesNothing: 'only reads' },
  'POST /accept-invite/': ({ invite: { id, token } }) => ({ body: { member: id, token } }),
  'POST /accept-invite/:organization/:member/:token/': () => ({}),
  'POST /accept-invite/:member/:token/': () => ({}),
  'PUT /organizations/:org/access-requests/:request/': () => ({ body: { isApproved: true } }),
  'POST /organizations/:org/integrations/pagerduty/': { pushesNothing: 'calls PagerDuty (pagerduty.test.ts)' },
  'POST /organizations/:org/integrations/msteams/': { pushesNothing: 'calls a workflow of Teams (msteams.test.ts)' },
  'POST /organizations/:org/integrations/github/install/': { pushesNothing: 'begins a connection at GitHub (github.test.ts)' },
  'POST /organizations/:org/integrations/gitlab/install/': { pushesNothing: 'begins a connection at GitLab (gitlab.test.ts)' },
  'POST /organizations/:org/integrations/slack/install/': { pushesNothing: 'begins a connection at Slack (slack.test.ts)' },
  'POST /organizations/:org/integrations/:integration/account/': {
    pushesNothing: 'begins a confirmation by the provider (own-accounts.test.ts)',
  },
  'POST /organizations/:org/integrations/:integration/sync/': { pushesNothing: 'needs a directory (directories.test.ts)' },
  'POST /organizations/:org/integrations/:integration/test/': { pushesNothing: 'changes nothing' },
  'POST /organizations/:org/integrations/:integration/': () => ({ body: { eventTypes: ['member.*'] } }),
  'DELETE /organizations/:org/integrations/:integration/': () => ({}),
  'POST /organizations/:org/external-users/': ({ integrationId, people }) => ({
    body: aPersonAtProvider(integrationId, people.member.userId),
    foreignBodies: (theirs) => [
      aPersonAtProvider(theirs.integrationId, people.member.userId),
      aPersonAtProvider(integrationId, theirs.people.member.userId),
    ],
  }),
  'PUT /organizations/:org/external-users/:mapping/': ({ people }) => ({
    body: { externalName: aSlug(), userId: people.member.userId },
    foreignBodies: (theirs) => [{ userId: theirs.people.member.userId }, { integrationId: theirs.integrationId }],
  }),
  'DELETE /organizations/:org/external-users/:mapping/': () => ({}),
  'POST /teams/:org/:team/external-teams/': ({ integrationId }) => ({
    body: aTeamAtProvider(integrationId),
    foreignBodies: (theirs) => [aTeamAtProvider(theirs.integrationId)],
  }),
  'PUT /teams/:org/:team/external-teams/:mapping/': () => ({
    body: { externalName: aSlug() },
    foreignBodies: (theirs) => [{ integrationId: theirs.integrationId }],
  }),
  'DELETE /teams/:org/:team/external-teams/:mapping/': () => ({}),
  'POST /organizations/:org/teams/': () => ({ body: { slug: aSlug() } }),
  'PUT /teams/:org/:team/': () => ({ body: { name: 'Another name' } }),
  'DELETE /teams/:org/:team/': () => ({}),
  'POST /organizations/:org/members/:member/teams/:team/': ({ people }) => ({ params: { member: people.admin.memberId! } }),
  'PUT /organizations/:org/members/:member/teams/:team/': () => ({ body: { teamRole: 'admin' } }),
  'DELETE /organizations/:org/members/:member/teams/:team/': () => ({}),
  'POST /teams/:org/:team/projects/': () => ({ body: { name: 'A project', slug: aSlug() } }),
  'POST /organizations/:org/projects/': () => ({ body: { name: aSlug() } }),
  'POST /organizations/:org/org-auth-tokens/': () => ({ body: { name: 'A token' } }),
  'PUT /organizations/:org/org-auth-tokens/:authToken/': () => ({ body: { name: 'Another name' } }),
  'DELETE /organizations/:org/org-auth-tokens/:authToken/': () => ({}),
  'PUT /projects/:org/:project/': () => ({ body: { name: 'Another name', resolveAge: 24, securityToken: 'another' } }),
  'DELETE /projects/:org/:project/': () => ({}),
  'POST /projects/:org/:project/keys/': () => ({ body: { name: 'A key' } }),
  'PUT /projects/:org/:project/keys/:key/': () => ({ body: { name: 'Another name' } }),
  'DELETE /projects/:org/:project/keys/:key/': () => ({}),
  'POST /projects/:org/:project/teams/:team/': ({ emptyTeam }) => ({ params: { team: emptyTeam.slug } }),
  'DELETE /projects/:org/:project/teams/:team/': () => ({}),
  'POST /organizations/:org/auth-provider/scim-token/': withoutScim,
  'POST /organizations/:org/scim/v2/Users': withoutScim,
  'PATCH /organizations/:org/scim/v2/Users/:scimUser': withoutScim,
  'PUT /organizations/:org/scim/v2/Users/:scimUser': withoutScim,
  'DELETE /organizations/:org/scim/v2/Users/:scimUser': withoutScim,
  'POST /organizations/:org/scim/v2/Groups': withoutScim,
  'PATCH /organizations/:org/scim/v2/Groups/:scimGroup': withoutScim,
  'PUT /organizations/:org/scim/v2/Groups/:scimGroup': withoutScim,
  'DELETE /organizations/:org/scim/v2/Groups/:scimGroup': withoutScim,
};

/**
 * Values of a path parameter for a record of an organization: its slug and its id where both are
 * accepted.
 */
export function namesOf(org: WholeOrganization, path: string, parameter: string): readonly string[] {
  const inviteAccepted = path.startsWith('/accept-invite/');
  const isRequest = path.includes('/invite-requests/');
  const member = inviteAccepted ? [org.invite.id] : isRequest ? [org.inviteRequestId] : [org.people.member.memberId!, org.invite.id];
  const names: Readonly<Record<string, readonly string[]>> = {
    org: [org.slug, org.id],
    organization: [org.slug],
    team: [org.team.slug, org.team.id],
    project: [org.project.slug, org.project.id],
    key: [org.projectKeyId],
    member,
    scimUser: [org.people.member.memberId!],
    scimGroup: [org.team.slug, org.team.id],
    resourceType: ['User'],
    token: [org.invite.token],
    authToken: [org.authTokenId],
    request: [org.accessRequestId],
    session: [org.owner.sessionId],
    email: [org.owner.emailId],
    passkey: ['1'],
    test: ['0'.repeat(64)],
    export: ['1'],
    domain: [org.domainId],
    webhook: [org.webhookId],
    integration: [org.integrationId],
    mapping: [path.includes('/external-users/') ? org.externalUserId : org.externalTeamId],
  };
  const found = names[parameter];
  if (!found) throw new Error(`Add the values of :${parameter} of ${path} to namesOf.`);
  return found;
}

export const parametersOf = (path: string) => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);

export const fillIn = (path: string, params: Readonly<Record<string, string>>) =>
  `/api/0${path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name]!))}`;
