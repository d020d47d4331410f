import { sql } from 'kysely';
import type { Db, Tx } from '../database.ts';

/**
 * The days after its verification in which an added address gets no password links. In that time it
 * becomes the primary one only with the password. The owner of the account is mailed about it and
 * can remove it. It is a week, because people read the mail of a private account every few days.
 */
const newAddressDays = 7;

const trustedAt = sql<string>`user_emails.verified_at + make_interval(days => ${sql.lit(newAddressDays)})`;

/** Verified, and not so recently that another person than the owner may have added it. */
export const isTrustedAddress = sql<boolean>`(user_emails.is_verified AND coalesce(${trustedAt} <= clock_timestamp(), true))`;

export interface UserEmail {
  readonly id: string;
  readonly email: string;
  readonly isVerified: boolean;
  /** The time until which a verified address counts as new, in ISO 8601. Null if it isn't new. */
  readonly newUntil: string | null;
}

/** All addresses of a user, in the order in which they were added. */
export async function readUserEmails(db: Db, userId: string): Promise<UserEmail[]> {
  const rows = await db
    .selectFrom('user_emails')
    .select([
      'id',
      'email',
      'is_verified',
      sql<string | null>`CASE WHEN ${trustedAt} > clock_timestamp() THEN ${trustedAt} END`.as('new_until'),
    ])
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ id: row.id, email: row.email, isVerified: row.is_verified, newUntil: row.new_until }));
}

/** The user's address counts as verified for as long as the account exists. */
export async function markVerified(tx: Tx, userId: string, email: string): Promise<void> {
  await tx
    .updateTable('user_emails')
    .set({ is_verified: true, verified_at: null })
    .where('user_id', '=', userId)
    .where(sql<string>`lower(email)`, '=', email.toLowerCase())
    .execute();
}

/** Whether password links may be sent to the address. */
export function isTrusted({ isVerified, newUntil }: UserEmail): boolean {
  return isVerified && newUntil === null;
}

/** Whether the primary address of a user is trusted. */
export async function isPrimaryTrusted(db: Db, { id, email }: { readonly id: string; readonly email: string }): Promise<boolean> {
  return (await readUserEmails(db, id)).some((one) => one.email === email && isTrusted(one));
}
