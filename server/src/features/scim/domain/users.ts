import { type MemberRecord, type OrganizationRecord, OrgError, type OrgRoleId, type OrgState, orgRoles } from '@rollcall/protocol';
import { refuseLastRecoveryOwner } from '../../../domain/access/recovery-owners.ts';
import { isOrgRole } from '../../../domain/members/role-assignment.ts';

/** Members as SCIM users (REST contract 12.1). */

/** A change of a user. An absent key leaves that attribute as it is. */
export interface ScimUserChange {
  readonly active?: boolean;
  /** In lower case. Blank stands for the organization's default role. */
  readonly role?: string;
  readonly externalId?: string | null;
}

/** A member with the id by which the identity provider knows them. */
export interface ScimUser {
  readonly member: MemberRecord;
  readonly externalId: string | null;
  /** The address by which the provider knows a member without an address of their own. */
  readonly assertedEmail: string | null;
}

export interface ProvisionedRole {
  readonly orgRole: OrgRoleId;
  /** Whether the identity provider chose the role, so that only it may change it. */
  readonly isRestricted: boolean;
}

/**
 * The role for a value of `sentryOrgRole`.
 * @throws OrgError `invalid` for an unknown role, and for one that administers the organization
 */
export function provisionedRole(role: string, { defaultRole }: OrganizationRecord, retiredRoles: ReadonlySet<OrgRoleId>): ProvisionedRole {
  const isRestricted = role !== '';
  const orgRole = isRestricted ? role : defaultRole;
  if (!isOrgRole(orgRole) || orgRoles[orgRole].scopes.includes('org:admin')) throw invalidRole();
  if (isRestricted && retiredRoles.has(orgRole)) throw invalidRole();
  return { orgRole, isRestricted };
}

function invalidRole(): OrgError {
  return new OrgError('invalid', 'Invalid organization role.');
}

/**
 * The member after a change of the role. The identity provider never changes an owner's role.
 * @throws OrgError `invalid` as `provisionedRole`
 */
export function withProvisionedRole(
  member: MemberRecord,
  role: string,
  organization: OrganizationRecord,
  retiredRoles: ReadonlySet<OrgRoleId>,
): MemberRecord {
  if (member.orgRole === 'owner') return withFlags(member, false);
  // A role that was given in another way stays until the provider names one.
  if (role === '' && !member.flags['idp:role-restricted'] && member.orgRole !== organization.defaultRole) return member;
  const wanted = provisionedRole(role, organization, retiredRoles);
  if (wanted.isRestricted && member.flags['idp:role-restricted'] && member.orgRole === wanted.orgRole) return member;
  return { ...withFlags(member, wanted.isRestricted), orgRole: wanted.orgRole };
}

/** The member with the flags of one that the identity provider manages. */
export function withFlags(member: MemberRecord, isRestricted: boolean): MemberRecord {
  return { ...member, flags: { ...member.flags, 'idp:provisioned': true, 'idp:role-restricted': isRestricted } };
}

/**
 * The last owner stays, and so does the last recovery owner while single sign-on is required.
 * @param owners all members with the role of an owner
 * @throws OrgError `forbidden`, `invalid`
 */
export function refuseLastOwner(target: MemberRecord, owners: readonly MemberRecord[], { organization }: OrgState): void {
  const others = owners.filter(({ id, user }) => id !== target.id && user?.isActive);
  if (target.orgRole === 'owner' && target.user?.isActive && others.length === 0) {
    throw new OrgError('forbidden', 'You cannot remove the only remaining owner of the organization.');
  }
  refuseLastRecoveryOwner(organization!, target, owners);
}

/** The text of Sentry, for a member that does not exist or is still a request. */
export function userNotFound(): OrgError {
  return new OrgError('not-found', 'User not found.');
}
