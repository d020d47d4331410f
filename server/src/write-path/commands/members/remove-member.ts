import { isOutrankedBy, type MemberRecord, OrgError, type OrgState } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembers } from '../../../database/records/records-read.ts';
import { markIdentitiesRemoved } from '../../../database/security/sso-identities.ts';
import { refuseLastRecoveryOwner } from '../../../domain/access/recovery-owners.ts';
import { type Actor, isSelf, memberOfActor } from '../../../domain/actor.ts';
import { memberRemoved } from '../../../domain/audit/audit.ts';
import { authorize, isAuthorized, notFound } from '../../../domain/authorize.ts';
import { isInvite } from '../../../domain/invites/invites.ts';
import { administeringRoles } from '../../../domain/members/administering-roles.ts';
import { refuseManagedElsewhere } from '../../../domain/members/member-refusals.ts';
import { removedMembers } from '../../../domain/members/member-removal.ts';
import { refuseOnlyOwner } from '../../../domain/members/only-owner.ts';
import type { Command } from '../../command.ts';
import { loadStateWithMember } from '../load-by-path.ts';
import { type Dependents, loadDependents } from './load-dependents.ts';

/**
 * `member` is a member id, or `me`. `userId` names the user's member, or the locked-out member whom
 * setting up a second factor would reinstate.
 */
export type RemoveMember = { readonly member: string } | { readonly userId: string };

interface Facts extends Dependents {
  readonly state: OrgState;
  readonly target: MemberRecord;
  /** All members with a role that can administer the organization, including the target. */
  readonly keepers: readonly MemberRecord[];
}

/**
 * Removes a member, or revokes an invite. Members remove themselves to leave (REST contract 6.6).
 * The operator removes any member except the only owner, so that no setting of an organization
 * keeps the operator from ending a person's access.
 */
export const removeMember: Command<RemoveMember, Facts, null> = {
  name: 'remove-member',
  endsAccess: () => true,

  async load(tx, input, context) {
    const { orgId } = context;
    const member = 'userId' in input ? await findMemberOf(tx, orgId, input.userId) : input.member;
    const [{ state, target }, keepers] = await Promise.all([
      loadStateWithMember(tx, context, member),
      readMembers(tx, orgId, { roles: administeringRoles }),
    ]);
    return { state, target, keepers, ...(await loadDependents(tx, orgId, target)) };
  },

  decide(_input, { state, target, keepers, dependentMembers, teamMembers }, { actor }) {
    authorize(state, actor, ['member:read', 'member:write', 'member:admin']);
    if (actor.kind === 'operator') refuseOnlyOwner(state.organization!, target, keepers.filter(isOwner));
    else {
      if (!isSelf(actor, target)) refuseRemovalOfOther(state, actor, target);
      refuseLastKeeper(target, keepers);
      refuseManagedElsewhere(target);
      refuseLastRecoveryOwner(state.organization!, target, keepers);
    }
    return { changes: removedMembers([...dependentMembers, target], teamMembers), audit: [memberRemoved(actor, target)], result: null };
  },

  async persistSideEffects(tx, _decision, { orgId }, { state, target }) {
    if (state.authProvider) await markIdentitiesRemoved(tx, orgId, [target]);
  },
};

/**
 * The id of the user's member, or of their locked-out member. It is read under the lock, because
 * another user can accept the link of a locked-out member.
 * @throws OrgError `not-found`
 */
async function findMemberOf(tx: Tx, orgId: string, userId: string): Promise<string> {
  const [member, detached] = await Promise.all([
    readMembers(tx, orgId, { userIds: [userId] }),
    readMembers(tx, orgId, { detachedUserIds: [userId] }),
  ]);
  const found = member[0] ?? detached[0];
  if (!found) throw notFound();
  return found.id;
}

const isOwner = ({ orgRole }: MemberRecord) => orgRole === 'owner';

/** Steps 1 to 5. */
function refuseRemovalOfOther(state: OrgState, actor: Actor, target: MemberRecord): void {
  const member = memberOfActor(state, actor);
  if (!member) throw new OrgError('invalid', 'You cannot remove a member who has more access than you.');
  if (!isAuthorized(state, actor, 'member:admin')) {
    // If members may not invite, they may not revoke their earlier invites either.
    const mayWithdraw = state.organization!.allowMemberInvite && isInvite(target) && isAuthorized(state, actor, 'member:invite');
    if (!mayWithdraw) throw new OrgError('invalid', 'You are missing the member:admin scope.');
    if (target.inviterId !== member.user!.id) throw new OrgError('invalid', 'You cannot modify invitations sent by someone else.');
  }
  if (!isOutrankedBy(target, member)) throw new OrgError('invalid', 'You cannot remove a member who has more access than you.');
}

/**
 * Step 6. Invites and deactivated users can't administer the organization, so they neither count
 * nor are protected.
 */
function refuseLastKeeper(target: MemberRecord, keepers: readonly MemberRecord[]): void {
  const active = keepers.filter(({ user }) => user?.isActive);
  if (active.length !== 1 || active[0]!.id !== target.id) return;
  throw new OrgError('forbidden', 'You cannot remove the only remaining owner or manager of the organization.');
}
