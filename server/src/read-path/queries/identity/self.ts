import type { Db } from '../../../database/database.ts';
import { readUserEmails, type UserEmail } from '../../../database/identity/user-emails.ts';
import { readMemberUsers, type StoredUser } from '../../../database/identity/users-read.ts';
import { readUserWithAuthenticators, type UserWithAuthenticators } from './user-details.ts';

/** The data that users may see of themselves, and that no other user may see. */
export interface Self extends UserWithAuthenticators {
  readonly user: StoredUser;
  readonly emails: readonly UserEmail[];
}

/** Null when there is no such user. */
export async function readSelf(db: Db, userId: string): Promise<Self | null> {
  const [user] = await readMemberUsers(db, [userId]);
  if (!user) return null;
  return { user, emails: await readUserEmails(db, userId), ...(await readUserWithAuthenticators(db, userId)) };
}
