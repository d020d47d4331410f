// Records and states for unit tests. A builder fills in the fields that a test does not set.
import {
  type AuthProviderRecord,
  type ExternalUserRecord,
  type IntegrationRecord,
  type MemberRecord,
  type MemberUser,
  type OidcConfig,
  type OrganizationRecord,
  OrgState,
  type SamlConfig,
  type Scope,
  type TeamMemberRecord,
  type TeamRecord,
  teamMemberId,
  type WebhookRecord,
} from '@rollcall/protocol';
import { type Actor, userActor } from '../../server/src/domain/actor.ts';
import { newMember, newOrganization } from '../../server/src/domain/organizations/new-organization.ts';
import type { AssertedIdentity } from '../../server/src/features/single-sign-on/domain/asserted-identity.ts';

/** The time in unit tests. */
export const now = '2026-03-01T12:00:00.123456Z';

let lastId = 1000;

/** Ids differ across kinds, as in the database, so that a test that confuses two kinds fails. */
export function anId(): string {
  lastId += 1;
  return String(lastId);
}

export function anOrganization(fields: Partial<OrganizationRecord> = {}): OrganizationRecord {
  return { ...newOrganization({ id: anId(), slug: 'acme', name: 'Acme', now }), ...fields };
}

export function aUser(fields: Partial<MemberUser> = {}): MemberUser {
  const id = fields.id ?? anId();
  const email = `user-${id}@example.com`;
  return { id, name: `User ${id}`, username: email, email, isActive: true, has2fa: false, ...fields };
}

export function aMember(fields: Partial<MemberRecord> = {}, user: Partial<MemberUser> = {}): MemberRecord {
  return { ...newMember({ id: anId(), user: aUser(user), orgRole: 'member', now }), ...fields };
}

/** A member without a user. */
export function anInvite(fields: Partial<MemberRecord> = {}): MemberRecord {
  const id = fields.id ?? anId();
  const email = fields.email ?? `invitee-${id}@example.com`;
  const pending = { user: null, email, name: email, pending: true, inviteExpiresAt: '2026-03-31T12:00:00.123456Z' };
  return { ...aMember(), id, ...pending, ...fields };
}

/** An active provider that is not required yet. */
export function anAuthProvider(fields: Partial<AuthProviderRecord> = {}): AuthProviderRecord {
  return {
    id: anId(),
    key: 'okta',
    name: 'Okta',
    protocol: 'saml',
    status: 'active',
    requireLink: false,
    defaultRole: 'member',
    jit: 'off',
    scimEnabled: false,
    sessionHours: 168,
    generation: 1,
    issuer: 'https://idp.example.com',
    certificates: [],
    lastTestedAt: null,
    dateCreated: now,
    ...fields,
  };
}

/** An identity as a provider asserts it, with a verified address. */
export function anIdentity(): AssertedIdentity {
  return {
    subject: 'a person',
    email: 'person@example.com',
    emailVerified: true,
    name: 'Person',
    attributes: {},
    authenticatedAt: null,
    sessionEndsAt: null,
    sessionIndex: null,
    sid: null,
    assertion: null,
  };
}

export function anOidcConfig(fields: Partial<OidcConfig> = {}): OidcConfig {
  return {
    protocol: 'oidc',
    issuer: 'https://idp.example.com',
    client_id: 'rollcall',
    scopes: 'openid',
    auth_method: 'client_secret_post',
    domains: [],
    ...fields,
  };
}

/** The identifier is the NameID, and the provider signs the assertion. */
export function aSamlConfig(fields: Partial<SamlConfig> = {}): SamlConfig {
  return {
    protocol: 'saml',
    entity_id: 'https://idp.example/saml',
    sso_url: 'https://idp.example/sso',
    x509certs: [],
    metadata_url: null,
    attributes: { identifier: null, user_email: null, first_name: null, last_name: null },
    signed: 'assertion',
    encrypt: false,
    ...fields,
  };
}

export function aTeam(slug: string, fields: Partial<TeamRecord> = {}): TeamRecord {
  return { id: anId(), slug, name: slug, dateCreated: now, flags: { 'idp:provisioned': false }, ...fields };
}

export function aTeamMember(team: TeamRecord, member: MemberRecord, teamRole: TeamMemberRecord['teamRole'] = null): TeamMemberRecord {
  return { id: teamMemberId(team.id, member.id), teamId: team.id, memberId: member.id, teamRole };
}

/** An active webhook with the scope `team:read`. */
export function aWebhookRecord(fields: Partial<WebhookRecord> = {}): WebhookRecord {
  return {
    id: anId(),
    url: 'https://receiver.example.com/events',
    description: '',
    eventTypes: [],
    scopes: ['team:read'],
    status: 'active',
    disabledReason: null,
    secretChangedAt: now,
    createdBy: null,
    dateCreated: now,
    ...fields,
  };
}

/** An active integration with Slack. */
export function anIntegrationRecord(fields: Partial<IntegrationRecord> = {}): IntegrationRecord {
  const id = anId();
  return {
    id,
    provider: 'slack',
    name: 'Acme chat',
    domainName: 'acme.slack.com',
    externalId: `T${id}`,
    status: 'active',
    disabledReason: null,
    config: { eventTypes: [], channels: ['C1'] },
    createdBy: null,
    dateCreated: now,
    ...fields,
  };
}

export function anExternalUser(integration: IntegrationRecord, member: MemberRecord, externalName = 'jo'): ExternalUserRecord {
  const { id: integrationId, provider } = integration;
  return { id: anId(), provider, integrationId, memberId: member.id, externalName, externalId: `U-${externalName}` };
}

interface StateParts {
  readonly members?: readonly MemberRecord[];
  readonly teams?: readonly TeamRecord[];
  readonly teamMembers?: readonly TeamMemberRecord[];
}

export function aState(organization: OrganizationRecord, { members = [], teams = [], teamMembers = [] }: StateParts = {}): OrgState {
  return OrgState.from([
    { kind: 'organization', record: organization },
    ...members.map((record) => ({ kind: 'member', record })),
    ...teams.map((record) => ({ kind: 'team', record })),
    ...teamMembers.map((record) => ({ kind: 'team-member', record })),
  ]);
}

/** A session of the member's user, or a token if scopes are given. */
export function actorFor(member: MemberRecord, scopes?: readonly Scope[]): Actor {
  return { ...userActor(member.user!.id), tokenScopes: scopes ? new Set(scopes) : null };
}

export function anOrgToken(organization: OrganizationRecord, scopes: readonly Scope[]): Actor {
  return {
    kind: 'org-token',
    tokenId: anId(),
    orgId: organization.id,
    tokenScopes: new Set(scopes),
    isForScim: false,
    address: null,
    at: 0,
  };
}
