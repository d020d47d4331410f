import { isRecoveryOwner, type MemberRecord, type OrganizationRecord, OrgError, type OrgRoleId } from '@rollcall/protocol';
import type { FieldErrors } from '../field-errors.ts';

/**
 * Recovery owners get in with a password where single sign-on is required, so that a broken identity
 * provider does not lock everyone out (REST contract 13.5).
 */

export const recoveryOwnersMax = 3;

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
  /** The chosen members that exist, and the present recovery owners. */
  readonly members: readonly MemberRecord[];
  /** The ids of the users among them who have a password. */
  readonly withPassword: ReadonlySet<string>;
}

/** The errors of chosen recovery owners, one text per member who can't be one. */
export function recoveryErrors(chosen: readonly string[], candidates: RecoveryCandidates): FieldErrors {
  const valid = new Set(candidates.members.filter((member) => mayRecover(member, candidates)).map(({ id }) => id));
  const errors = chosen
    .filter((id) => !valid.has(id))
    .map((id) => `Member ${id} must be an active owner with a password and an authenticator app.`);
  return errors.length === 0 ? {} : { recovery_members: errors };
}

/** Whether the member can log in with a password and a second factor, as an owner. */
export function mayRecover(member: MemberRecord, { withPassword }: Pick<RecoveryCandidates, 'withPassword'>): boolean {
  return isUsable({ ...member, isRecoveryOwner: true }) && withPassword.has(member.user!.id);
}

/** The member as a recovery owner, or as a member who is none. */
export function memberWithRecovery(member: MemberRecord, isChosen: boolean): MemberRecord {
  return isChosen ? { ...member, isRecoveryOwner: true } : withoutRecovery(member);
}

function isUsable(member: MemberRecord): boolean {
  return isRecoveryOwner(member) && member.user?.isActive === true;
}

function withoutRecovery({ isRecoveryOwner: _, ...member }: MemberRecord): MemberRecord {
  return member;
}
