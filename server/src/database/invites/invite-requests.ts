import { sql } from 'kysely';
import type { Db } from '../database.ts';

/** Counts the pending requests of visitors to join. */
export async function countJoinRequests(db: Db, orgId: string): Promise<number> {
  const { count } = await countOf(db, orgId, 'requested_to_join').executeTakeFirstOrThrow();
  return count;
}

/**
 * Counts the pending requests for invites that a user made. For null, counts those that were made
 * with tokens without a user.
 */
export async function countInviteRequests(db: Db, orgId: string, userId: string | null): Promise<number> {
  const pending = countOf(db, orgId, 'requested_to_be_invited').where('inviter_id', userId === null ? 'is' : '=', userId);
  const { count } = await pending.executeTakeFirstOrThrow();
  return count;
}

function countOf(db: Db, orgId: string, status: 'requested_to_join' | 'requested_to_be_invited') {
  return db
    .selectFrom('members')
    .select(sql<number>`count(*)::integer`.as('count'))
    .where('organization_id', '=', orgId)
    .where('invite_status', '=', status);
}
