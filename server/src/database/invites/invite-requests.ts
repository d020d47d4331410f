import { sql } from 'kysely';
import type { Db } from '../database.ts';

/**
 * Counts the pending requests for invites that a user made. For null, counts the pending requests
 * of visitors to join.
 */
export async function countInviteRequests(db: Db, orgId: string, userId: string | null): Promise<number> {
  const pending = db
    .selectFrom('members')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('organization_id', '=', orgId)
    .where('invite_status', '=', userId === null ? 'requested_to_join' : 'requested_to_be_invited');
  const { count } = await (userId === null ? pending : pending.where('inviter_id', '=', userId)).executeTakeFirstOrThrow();
  return count;
}
