import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import type { EmailTokenPurpose } from '../../../database/identity/email-tokens.ts';
import { type DeriveToken, randomNonce } from '../../../runtime/derived-tokens.ts';
import { hashToken } from '../../../runtime/hash-token.ts';
import { allocateId } from '../../load-state.ts';

/**
 * The validity of a link in a mail. For a password it is an hour, as in OWASP's cheat sheet on
 * forgotten passwords: short, but enough for a slow mail. For an address it is a day, because it
 * only confirms the user's own address. For the removal of an added address it is two weeks: longer
 * than the address is new (`user-emails.ts`).
 */
const hoursMax: Readonly<Record<EmailTokenPurpose, number>> = { 'password-reset': 1, verification: 24, removal: 14 * 24 };

export interface NewEmailToken {
  readonly userId: string;
  readonly emailId: string;
  readonly purpose: EmailTokenPurpose;
}

/** Returns what the mail derives the token from. Only a hash is stored. */
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

/** Another password ends what was under way for the last one. */
export async function deleteResetLinks(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('email_tokens').where('user_id', '=', userId).where('purpose', '=', 'password-reset').execute();
}
