import type { Db } from '../../../database/database.ts';
import { type EmailTokenText, readEmailToken } from '../../../database/identity/email-tokens.ts';

/**
 * The account whose password this link can reset. Null when the link is invalid or expired.
 */
export async function readResettingUser(
  db: Db,
  text: EmailTokenText,
): Promise<{ readonly userId: string; readonly name: string; readonly email: string } | null> {
  const found = await readEmailToken(db, 'password-reset', text);
  if (!found) return null;
  const user = await db.selectFrom('users').select(['name', 'email']).where('id', '=', found.userId).executeTakeFirst();
  return user ? { userId: found.userId, ...user } : null;
}
