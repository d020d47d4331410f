import type { Db } from '../../../database/database.ts';

/** The name and the primary address of a user, which their password must not be. */
export async function readPersonWords(db: Db, userId: string): Promise<string[]> {
  const user = await db.selectFrom('users').select(['name', 'email']).where('id', '=', userId).executeTakeFirst();
  return user ? [user.name, user.email] : [];
}
