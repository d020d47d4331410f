import type { MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembers, readTeamMembers } from '../../../database/records/records-read.ts';
import { withdrawnInvites } from '../../../domain/members/member-removal.ts';

/** The records that are removed together with a member. */
export interface Dependents {
  /** Invites and requests of the member that are not accepted. */
  readonly sentInvites: readonly MemberRecord[];
  /** Memberships of the member and of their invites. */
  readonly teamMembers: readonly TeamMemberRecord[];
}

export async function loadDependents(tx: Tx, orgId: string, target: MemberRecord): Promise<Dependents> {
  const sent = target.user ? await readMembers(tx, orgId, { inviterIds: [target.user.id] }) : [];
  const sentInvites = withdrawnInvites(sent);
  const memberIds = [target, ...sentInvites].map(({ id }) => id);
  return { sentInvites, teamMembers: await readTeamMembers(tx, orgId, { memberIds }) };
}
