import type { MemberRecord, TeamMemberRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readMembersByEmail } from '../../../database/members/members-by-email.ts';
import { readTeamMembers } from '../../../database/records/records-read.ts';
import type { RecentInvites } from '../../../domain/invites/invites.ts';
import { randomNonce } from '../../../runtime/derived-tokens.ts';
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
  const sameEmail = email === null ? [] : await readMembersByEmail(tx, context.orgId, email);
  return {
    id: await allocateId(tx),
    nonce: randomNonce(),
    recent: await loadRecentInvites(tx, context, email),
    sameEmail,
    sameEmailTeams: await readTeamMembers(tx, context.orgId, { memberIds: sameEmail.map(({ id }) => id) }),
  };
}
