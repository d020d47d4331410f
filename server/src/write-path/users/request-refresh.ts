import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';

/**
 * Notes, in the transaction that changes a user, that the members' copies are behind: a crash
 * before they are brought up to date then loses nothing. The version tells a later change from one
 * that was dealt with.
 */
export async function requestRefresh(tx: Tx, userId: string): Promise<void> {
  await tx
    .insertInto('pending_refreshes')
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ version: sql<string>`nextval('record_ids')` }))
    .execute();
}
