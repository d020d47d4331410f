import {
  type AuthTokenRecord,
  defaultOrgFlags,
  defaultOrgSettings,
  defaultOrgSso,
  type MemberRecord,
  type OrganizationRecord,
  type OrgRecord,
  type ProjectRecord,
  type ProjectTeamRecord,
  type TeamMemberRecord,
  type TeamRecord,
} from '@rollcall/protocol';

// Records as they arrive on the wire. Each builder fills in the fields that a test does not set.

const dateCreated = '2026-01-02T03:04:05.000000Z';

/**
 * A type and not an interface, so that it is assignable to records of frames, which may have other
 * fields.
 */
export type KindAndRecord = {
  readonly kind: string;
  readonly id: string;
  readonly record: OrgRecord;
};

function ofKind(kind: string, record: object): KindAndRecord {
  const { id } = record as OrgRecord;
  return { kind, id, record: record as OrgRecord };
}

export function anOrganization(fields: Partial<OrganizationRecord> = {}): KindAndRecord {
  const organization: OrganizationRecord = {
    id: '1',
    slug: 'acme',
    name: 'Acme',
    status: 'active',
    dateCreated,
    defaultRole: 'member',
    avatarType: 'letter_avatar',
    avatarUuid: null,
    ...defaultOrgFlags,
    ...defaultOrgSso,
    ...defaultOrgSettings,
    openMembership: false,
    ...fields,
  };
  return ofKind('organization', organization);
}

/** A member whose user's id is the member's id plus 1000. */
export function aMember(id: string, fields: Partial<MemberRecord> = {}): KindAndRecord {
  const email = `m${id}@example.com`;
  const member: MemberRecord = {
    id,
    email,
    name: `Member ${id}`,
    user: { id: String(Number(id) + 1000), name: `Member ${id}`, username: email, email, isActive: true, has2fa: false },
    orgRole: 'member',
    pending: false,
    flags: {
      'idp:provisioned': false,
      'idp:role-restricted': false,
      'sso:linked': false,
      'sso:invalid': false,
      'member-limit:restricted': false,
      'partnership:restricted': false,
    },
    dateCreated,
    inviteStatus: 'approved',
    inviterId: null,
    inviterName: null,
    inviteExpiresAt: null,
    ...fields,
  };
  return ofKind('member', member);
}

export function anInvite(id: string, fields: Partial<MemberRecord> = {}): KindAndRecord {
  return aMember(id, { user: null, pending: true, ...fields });
}

export function aTeam(id: string, slug = `team-${id}`): KindAndRecord {
  const team: TeamRecord = { id, slug, name: slug, dateCreated, flags: { 'idp:provisioned': false } };
  return ofKind('team', team);
}

export function aTeamMember(teamId: string, memberId: string, teamRole: TeamMemberRecord['teamRole'] = null): KindAndRecord {
  const row: TeamMemberRecord = { id: `${teamId}:${memberId}`, teamId, memberId, teamRole };
  return ofKind('team-member', row);
}

export function aProject(id: string, slug = `project-${id}`): KindAndRecord {
  const project: ProjectRecord = { id, slug, name: slug, platform: null, dateCreated };
  return ofKind('project', project);
}

export function aProjectTeam(projectId: string, teamId: string): KindAndRecord {
  const row: ProjectTeamRecord = { id: `${projectId}:${teamId}`, projectId, teamId };
  return ofKind('project-team', row);
}

export function aToken(id: string): KindAndRecord {
  const token: AuthTokenRecord = { id, name: `token ${id}`, scopes: ['org:ci'], tokenLastCharacters: 'abcd', dateCreated };
  return ofKind('auth-token', token);
}

/** A record of a kind that this version doesn't know. */
export function aThing(id: string, fields: Record<string, string> = {}): KindAndRecord {
  return ofKind('thing', { id, ...fields });
}

export function put({ kind, id, record }: KindAndRecord) {
  return { op: 'put' as const, kind, id, record };
}

export function remove({ kind, id }: KindAndRecord) {
  return { op: 'remove' as const, kind, id };
}

export function forget({ kind, id }: KindAndRecord) {
  return { op: 'forget' as const, kind, id };
}
