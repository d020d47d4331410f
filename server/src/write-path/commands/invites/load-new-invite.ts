import type { MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembersByEmail } from '../../../database/members/members-by-email.ts';
import { readTeamMembers } from '../../../database/records/records-read.ts';
import type { RecentInvites } from '../../../domain/invites/invites.ts';
import type { LoadContext } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { loadRecentInvites } from './recent-invites.ts';

/** The facts about a new invite, besides the organization and its teams. */
export interface NewInvite {
  readonly id: string;
  readonly nonce: string;
  readonly recent: RecentInvites;
  /** Members, invites and requests with the same address. */
  readonly sameEmail: readonly MemberRecord[];
  readonly sameEmailTeams: readonly TeamMemberRecord[];
}

/** @param email null if it could not be parsed */
export async function loadNewInvite(tx: Tx, context: LoadContext, email: string | null): Promise<NewInvite> {
  const [sameEmail, id, recent] = await Promise.all([
    email === null ? [] : readMembersByEmail(tx, context.orgId, email),
    allocateId(tx),
    loadRecentInvites(tx, context, email),
  ]);
  const memberIds = sameEmail.map((member) => member.id);
  const sameEmailTeams = memberIds.length === 0 ? [] : await readTeamMembers(tx, context.orgId, { memberIds });
  return { id, nonce: context.deriveToken.newNonce(), recent, sameEmail, sameEmailTeams };
}
