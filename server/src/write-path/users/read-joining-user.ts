import type { Tx } from '../../database/database.ts';
import { readJoiningUsers, type StoredUser } from '../../database/identity/users-read.ts';

/**
 * Reads a user who becomes a member, and locks their row like `readJoiningUsers`. Null if there is
 * none, or if their erasure was accepted, which may have happened while this waited for the row. An
 * erased user has no account again, so they get no membership and no credential.
 */
export async function readJoiningUser(tx: Tx, userId: string): Promise<StoredUser | null> {
  const [user = null] = await readJoiningUsers(tx, [userId]);
  if (!user) return null;
  const { erased_at } = await tx.selectFrom('users').select('erased_at').where('id', '=', userId).executeTakeFirstOrThrow();
  return erased_at === null ? user : null;
}
