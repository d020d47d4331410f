import { sql } from 'kysely';
import type { Tx } from '../../database/database.ts';
import type { EmailTokenPurpose } from '../../database/identity/email-tokens.ts';
import { type DeriveToken, randomNonce } from '../../runtime/derived-tokens.ts';
import { hashToken } from '../../runtime/hash-token.ts';
import { takeId } from '../load-state.ts';

/**
 * How long a link in a mail works. An hour for a password, as OWASP's cheat sheet on forgotten
 * passwords has it: short, and long enough for a mail that is slow. A day for an address, which
 * gives nobody anything but themselves. Two weeks for removing one that was added: longer than it
 * is new (`user-emails.ts`).
 */
const hoursMax: Readonly<Record<EmailTokenPurpose, number>> = { 'password-reset': 1, verification: 24, removal: 14 * 24 };

export interface NewEmailToken {
  readonly userId: string;
  readonly emailId: string;
  readonly purpose: EmailTokenPurpose;
}

/** Gives what the mail needs to derive the token from; only a hash is kept here. */
export async function addEmailToken(tx: Tx, deriveToken: DeriveToken, { userId, emailId, purpose }: NewEmailToken) {
  const tokenId = await takeId(tx);
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
export async function forgetResets(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('email_tokens').where('user_id', '=', userId).where('purpose', '=', 'password-reset').execute();
}
