import { sql } from 'kysely';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import type { WritePath } from '../../run-command.ts';

/** Notes that a session's user has just proved again who they are. It lasts no longer for that. */
export async function renewSession({ database }: WritePath, sessionId: string): Promise<void> {
  try {
    await database.db.updateTable('sessions').set({ authenticated_at: sql`clock_timestamp()` }).where('id', '=', sessionId).execute();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}
