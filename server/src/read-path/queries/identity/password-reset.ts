import type { Db } from '../../../database/database.ts';
import { type EmailTokenText, readEmailToken } from '../../../database/identity/email-tokens.ts';

/** The user name of whoever may set another password by this link; null when it is not good (any more). */
export async function readResettingUser(db: Db, text: EmailTokenText): Promise<string | null> {
  const found = await readEmailToken(db, 'password-reset', text);
  if (!found) return null;
  const user = await db.selectFrom('users').select('email').where('id', '=', found.userId).executeTakeFirst();
  return user?.email ?? null;
}
