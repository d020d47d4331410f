import type { Tx } from '../../database/database.ts';
import { readJoiningUsers, type StoredUser } from '../../database/identity/users-read.ts';
import { isErased } from '../../domain/retention/redact.ts';

/**
 * Reads a user who becomes a member, and locks their row like `readJoiningUsers`. Null if there is
 * none, or if they were erased, which may have happened while this waited for the row.
 */
export async function readJoiningUser(tx: Tx, userId: string): Promise<StoredUser | null> {
  const [user = null] = await readJoiningUsers(tx, [userId]);
  return user && isErased(user) ? null : user;
}
