import type { Db } from '../../../database/database.ts';
import { readUserEmails, type UserEmail } from '../../../database/identity/user-emails.ts';
import { readMemberUsers, type StoredUser } from '../../../database/identity/users-read.ts';
import { type AuthenticatorDetails, readAuthenticators, readUserDetails, type UserDetails } from './user-details.ts';

/** The data that users may see of themselves, and that no other user may see. */
export interface Self {
  readonly user: StoredUser;
  readonly details: UserDetails | null;
  readonly emails: readonly UserEmail[];
  readonly authenticators: readonly AuthenticatorDetails[];
}

/** Null when there is no such user. */
export async function readSelf(db: Db, userId: string): Promise<Self | null> {
  const [user] = await readMemberUsers(db, [userId]);
  if (!user) return null;
  const details = (await readUserDetails(db, [userId])).get(userId) ?? null;
  return { user, details, emails: await readUserEmails(db, userId), authenticators: await readAuthenticators(db, userId) };
}
