import { isRecoveryOwner, type MemberRecord, type MemberUser, type OrganizationRecord, OrgError, type OrgRoleId } from '@rollcall/protocol';

/**
 * Recovery owners have access with a password where single sign-on is required, so that a broken
 * identity provider does not lock everyone out (REST contract 13.5).
 */

/**
 * Refuses the removal or the demotion of the last recovery owner. Owners without a second factor
 * can't get in, so they don't count as another one.
 * @param owners all owners
 * @throws OrgError `invalid`
 */
export function refuseLastRecoveryOwner(organization: OrganizationRecord, target: MemberRecord, owners: readonly MemberRecord[]): void {
  if (!organization.requiresSso || target.isRecoveryOwner !== true) return;
  if (owners.some((owner) => owner.id !== target.id && isUsable(owner))) return;
  throw new OrgError(
    'invalid',
    'You cannot demote or remove the last recovery owner while single sign-on is required. Choose another recovery owner first.',
  );
}

/** The member with another role. Only an owner stays a recovery owner. */
export function memberWithRole(member: MemberRecord, orgRole: OrgRoleId): MemberRecord {
  return orgRole === 'owner' ? { ...member, orgRole } : withoutRecovery({ ...member, orgRole });
}

export interface RecoveryCandidates {
  /** The chosen members that exist, and the current recovery owners. */
  readonly members: readonly MemberRecord[];
  /**
   * The current users of these members, by id. The data in the members' records may be outdated.
   */
  readonly users: ReadonlyMap<string, UserWithPassword>;
}

export interface UserWithPassword extends MemberUser {
  readonly hasPassword: boolean;
}

/** One text per chosen member who can't be a recovery owner. */
export function recoveryErrors(chosen: readonly string[], { members, users }: RecoveryCandidates): string[] {
  const valid = new Set(members.filter((member) => mayRecover(member, users)).map(({ id }) => id));
  return chosen
    .filter((id) => !valid.has(id))
    .map((id) => `Member ${id} must be an active owner with a password and an authenticator app.`);
}

/** Whether the member can log in with a password and a second factor, as an owner. */
function mayRecover(member: MemberRecord, users: RecoveryCandidates['users']): boolean {
  const user = users.get(member.user?.id ?? '');
  return user?.hasPassword === true && isUsable({ ...member, user, isRecoveryOwner: true });
}

/** The member, made a recovery owner or an ordinary member. */
export function memberWithRecovery(member: MemberRecord, isChosen: boolean): MemberRecord {
  return isChosen ? { ...member, isRecoveryOwner: true } : withoutRecovery(member);
}

function isUsable(member: MemberRecord): boolean {
  return isRecoveryOwner(member) && member.user?.isActive === true;
}

function withoutRecovery({ isRecoveryOwner: _, ...member }: MemberRecord): MemberRecord {
  return member;
}
