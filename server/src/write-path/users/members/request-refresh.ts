import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';

/**
 * Records, in the transaction that changes a user, that the user's member records are outdated. A
 * crash before the refresh then loses nothing. The version distinguishes a later change from one
 * that was refreshed.
 */
export async function requestRefresh(tx: Tx, userId: string): Promise<void> {
  await tx
    .insertInto('pending_refreshes')
    .values({ user_id: userId })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ version: sql<string>`nextval('record_ids')` }))
    .execute();
}
