import type { MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';

/** The records that are removed together with a member. */
export interface Dependents {
  /** Invites and requests of the member that are not accepted. */
  readonly sentInvites: readonly MemberRecord[];
  /** Memberships of the member and of their invites. */
  readonly teamMembers: readonly TeamMemberRecord[];
}

export async function loadDependents(tx: Tx, orgId: string, target: MemberRecord): Promise<Dependents> {
  const sent = target.user ? await readMembers(tx, orgId, { inviterIds: [target.user.id] }) : [];
  // Detached members had accepted their invites before `require2FA` detached them.
  const sentInvites = sent.filter(({ pending, detachedUser }) => pending && !detachedUser);
  const memberIds = [target, ...sentInvites].map(({ id }) => id);
  return { sentInvites, teamMembers: await readTeamMembers(tx, orgId, { memberIds }) };
}
