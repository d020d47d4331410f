import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import type { WritePath } from '../../run-command.ts';
import { consumeSecondFactor, type SecondFactorUse } from '../second-factors/consume-second-factor.ts';

/**
 * The same as `renewSession`, for a user who proved their identity with a second factor. Returns
 * false, and renews nothing, if it was used before.
 */
export async function renewSessionWithFactor(
  { database }: WritePath,
  { sessionId, userId, use }: { readonly sessionId: string; readonly userId: string; readonly use: SecondFactorUse },
): Promise<boolean> {
  const renew = async (tx: Tx) => {
    if (!(await consumeSecondFactor(tx, userId, use))) return false;
    await tx.updateTable('sessions').set({ authenticated_at: sql`clock_timestamp()` }).where('id', '=', sessionId).execute();
    return true;
  };
  try {
    return await database.db.transaction().execute(renew);
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
