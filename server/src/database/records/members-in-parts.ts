import type { MemberRecord } from '@rollcall/protocol';
import { batchesOf } from '../../runtime/tasks/batches-of.ts';
import type { Tx } from '../database.ts';
import { readMembers } from './records-read.ts';

/** Members of one statement, whose rows become records without a pause. */
export const membersPerReadMax = 1_000;

/** Many members, in several statements, between which other work of the process is done. */
export async function readMembersInParts(tx: Tx, orgId: string, ids: readonly string[]): Promise<MemberRecord[]> {
  const found: MemberRecord[] = [];
  for (const some of batchesOf(ids, membersPerReadMax)) found.push(...(await readMembers(tx, orgId, { ids: some })));
  return found;
}

export interface InvitedFilter {
  /** Whether only rows without a user are read, such as invites that are not accepted. */
  readonly isPending: boolean;
}

/** The members and invites that a user invited, of which there may be many. */
export async function readInvitedMembers(
  tx: Tx,
  orgId: string,
  inviterId: string,
  { isPending }: InvitedFilter = { isPending: false },
): Promise<MemberRecord[]> {
  let query = tx.selectFrom('members').select('id').where('organization_id', '=', orgId).where('inviter_id', '=', inviterId);
  if (isPending) query = query.where('user_id', 'is', null);
  const rows = await query.orderBy('id').execute();
  return readMembersInParts(
    tx,
    orgId,
    rows.map(({ id }) => id),
  );
}
