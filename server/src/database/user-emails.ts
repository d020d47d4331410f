import type { Db } from './database.ts';

export interface UserEmail {
  readonly id: string;
  readonly email: string;
  readonly isVerified: boolean;
}

/** All addresses of a user, in the order they came. */
export async function readUserEmails(db: Db, userId: string): Promise<UserEmail[]> {
  const rows = await db
    .selectFrom('user_emails')
    .select(['id', 'email', 'is_verified'])
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ id: row.id, email: row.email, isVerified: row.is_verified }));
}
