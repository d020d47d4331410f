import { isId, type MemberRecord, type OrgRoleId, type OrgState } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { isMemberElsewhere } from '../../../database/members/members-elsewhere.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import { type Actor, isBound, isSelf } from '../../../domain/actor.ts';
import { isAuthorized, notFound } from '../../../domain/authorize.ts';
import { rolesForMembers } from '../../../domain/members/role-assignment.ts';
import { type AuthenticatorDetails, readUserWithAuthenticators, type UserDetails } from '../identity/user-details.ts';
import { readTeamsOfMembers, type TeamOfMember } from './teams-of-members.ts';

export interface MemberDetails {
  readonly member: MemberRecord;
  readonly user: UserDetails | null;
  readonly authenticators: readonly AuthenticatorDetails[];
  readonly teams: readonly TeamOfMember[];
  /** Whether this is the last approved owner whose user is active. */
  readonly isOnlyOwner: boolean;
  /** The org roles that the caller may assign. */
  readonly assignable: readonly OrgRoleId[];
  /** Whether the member has a second factor that the caller may reset. */
  readonly canReset2fa: boolean;
}

/**
 * The member that a path names by id or `me`. Requests are not members. A caller without a user
 * finds none (REST contract 6.1).
 * @param state contains the caller's own member
 * @throws OrgError `not-found`
 */
export async function findMember(db: Db, state: OrgState, actor: Actor, segment: string): Promise<MemberRecord> {
  if (actor.kind !== 'user') throw notFound();
  if (segment === 'me') return state.memberOfUser(actor.userId) ?? refuse();
  if (!isId(segment)) throw notFound();
  const [member] = await readMembers(db, state.organization!.id, { ids: [segment] });
  return member?.inviteStatus === 'approved' ? member : refuse();
}

function refuse(): never {
  throw notFound();
}

/**
 * The details of REST contract 6.4. The caller's rights are evaluated against `state`. All queries
 * are sent at once.
 */
export async function readMemberDetails(db: Db, state: OrgState, actor: Actor, member: MemberRecord): Promise<MemberDetails> {
  const orgId = state.organization!.id;
  const userId = member.user?.id ?? null;
  const mayBeOnlyOwner = member.orgRole === 'owner' && member.user?.isActive === true;
  const [user, teams, activeOwners, canReset2fa] = await Promise.all([
    userId === null ? null : readUserWithAuthenticators(db, userId),
    readTeamsOfMembers(db, orgId, [member.id]),
    mayBeOnlyOwner ? countActiveOwners(db, orgId) : 0,
    canResetSecondFactor(db, state, actor, member),
  ]);
  return {
    member,
    user: user?.details ?? null,
    authenticators: user?.authenticators ?? [],
    teams: teams.get(member.id) ?? [],
    isOnlyOwner: mayBeOnlyOwner && activeOwners === 1,
    assignable: rolesForMembers(state, actor),
    canReset2fa,
  };
}

/**
 * The same decision that `reset-second-factor` makes under the lock, and the route for bound
 * credentials.
 */
async function canResetSecondFactor(db: Db, state: OrgState, actor: Actor, member: MemberRecord): Promise<boolean> {
  const { user } = member;
  if (!user?.has2fa || isBound(actor) || isSelf(actor, member) || !isAuthorized(state, actor, 'org:admin')) return false;
  return !(await isMemberElsewhere(db, user.id, state.organization!.id));
}

async function countActiveOwners(db: Db, orgId: string): Promise<number> {
  const owners = await readMembers(db, orgId, { roles: ['owner'] });
  return owners.filter(({ user }) => user?.isActive).length;
}
