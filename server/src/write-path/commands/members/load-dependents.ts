import type { MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readInvitedMembers } from '../../../database/records/members-in-parts.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { withdrawnInvites } from '../../../domain/members/member-removal.ts';

/** The records that are removed together with a member. */
export interface Dependents {
  /**
   * Invites and requests of the member that are not accepted, and the user's locked-out member from
   * before they joined again, which setting up a second factor would reinstate.
   */
  readonly dependentMembers: readonly MemberRecord[];
  /** Team memberships of the member and of the dependent ones. */
  readonly teamMembers: readonly TeamMemberRecord[];
}

export async function loadDependents(tx: Tx, orgId: string, target: MemberRecord): Promise<Dependents> {
  const dependentMembers = target.user ? await dependentsOf(tx, orgId, target.user.id) : [];
  const memberIds = [target, ...dependentMembers].map(({ id }) => id);
  return { dependentMembers, teamMembers: await readTeamMembers(tx, orgId, { memberIds }) };
}

async function dependentsOf(tx: Tx, orgId: string, userId: string): Promise<MemberRecord[]> {
  const [sent, lockedOut] = await Promise.all([
    readInvitedMembers(tx, orgId, userId, { isPending: true }),
    readMembers(tx, orgId, { detachedUserIds: [userId] }),
  ]);
  return [...withdrawnInvites(sent), ...lockedOut];
}
