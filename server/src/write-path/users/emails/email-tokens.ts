import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import type { EmailTokenPurpose } from '../../../database/identity/email-tokens.ts';
import { type DeriveToken, randomNonce } from '../../../runtime/derived-tokens.ts';
import { hashToken } from '../../../runtime/hash-token.ts';
import { allocateId } from '../../load-state.ts';

/**
 * The validity of a link in a mail. A password link is valid for an hour, as OWASP's cheat sheet on
 * forgotten passwords recommends: short, but enough for a slow mail. A verification link is valid
 * for a day, because it only confirms the user's own address. A link that removes an added address
 * is valid for two weeks, longer than the address counts as new (`user-emails.ts`).
 */
const hoursMax: Readonly<Record<EmailTokenPurpose, number>> = { 'password-reset': 1, verification: 24, removal: 14 * 24 };

export interface NewEmailToken {
  readonly userId: string;
  readonly emailId: string;
  readonly purpose: EmailTokenPurpose;
}

/** Returns the values from which the mail derives the token. Only a hash of the token is stored. */
export async function addEmailToken(tx: Tx, deriveToken: DeriveToken, { userId, emailId, purpose }: NewEmailToken) {
  const tokenId = await allocateId(tx);
  const nonce = randomNonce();
  await tx
    .insertInto('email_tokens')
    .values({
      id: tokenId,
      user_id: userId,
      email_id: emailId,
      purpose,
      token_hash: hashToken(deriveToken(purpose, tokenId, nonce)),
      expires_at: sql<string>`clock_timestamp() + make_interval(hours => ${hoursMax[purpose]}::integer)`,
    })
    .execute();
  return { tokenId, nonce };
}

/** A new password invalidates the links for the previous one. */
export async function deleteResetLinks(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('email_tokens').where('user_id', '=', userId).where('purpose', '=', 'password-reset').execute();
}
