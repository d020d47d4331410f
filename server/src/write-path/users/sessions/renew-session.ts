import { sql } from 'kysely';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import type { WritePath } from '../../run-command.ts';

/**
 * Records that a session's user has just proved their identity again. The session's expiry stays
 * the same.
 */
export async function renewSession({ database }: WritePath, sessionId: string): Promise<void> {
  try {
    await database.db.updateTable('sessions').set({ authenticated_at: sql`clock_timestamp()` }).where('id', '=', sessionId).execute();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
