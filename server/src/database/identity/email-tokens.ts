import { sql } from 'kysely';
import { isTokenOf } from '../../runtime/secrets/derived-tokens.ts';
import type { Db } from '../database.ts';

export type EmailTokenPurpose = 'password-reset' | 'verification' | 'removal';

/** The parts of a link in a mail. */
export interface EmailTokenText {
  readonly tokenId: string;
  readonly token: string;
}

export interface EmailToken {
  readonly userId: string;
  readonly emailId: string;
}

/**
 * Returns the user and address of a token. Null if the token is unknown, wrong, used or expired, or
 * its user is disabled.
 */
export async function readEmailToken(db: Db, purpose: EmailTokenPurpose, { tokenId, token }: EmailTokenText): Promise<EmailToken | null> {
  const row = await db
    .selectFrom('email_tokens')
    .innerJoin('users', 'users.id', 'email_tokens.user_id')
    .select(['email_tokens.user_id', 'email_tokens.email_id', 'email_tokens.token_hash'])
    .where('email_tokens.id', '=', tokenId)
    .where('email_tokens.purpose', '=', purpose)
    .where('email_tokens.expires_at', '>', sql<string>`clock_timestamp()`)
    .where('users.is_active', '=', true)
    .executeTakeFirst();
  return row && isTokenOf(row.token_hash, token) ? { userId: row.user_id, emailId: row.email_id } : null;
}
