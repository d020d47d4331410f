import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import type { EmailTokenPurpose } from '../../../database/identity/email-tokens.ts';
import type { DeriveToken, TokenDeriver } from '../../../runtime/secrets/derived-tokens.ts';
import { hashToken } from '../../../runtime/secrets/hash-token.ts';
import { allocateIds } from '../../load-state.ts';

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

/** The values from which the mail derives the token. Only a hash of the token is stored. */
export interface MintedEmailToken extends NewEmailToken {
  readonly tokenId: string;
  readonly nonce: string;
}

export async function addEmailToken(tx: Tx, deriveToken: TokenDeriver, token: NewEmailToken) {
  const [{ tokenId, nonce }] = (await mintEmailTokens(tx, deriveToken, [token])) as [MintedEmailToken];
  await saveEmailTokens(tx, deriveToken, [{ ...token, tokenId, nonce }]);
  return { tokenId, nonce };
}

export async function mintEmailTokens(tx: Tx, deriveToken: TokenDeriver, tokens: readonly NewEmailToken[]): Promise<MintedEmailToken[]> {
  const ids = await allocateIds(tx, tokens.length);
  return tokens.map((token, index) => ({ ...token, tokenId: ids[index]!, nonce: deriveToken.newNonce() }));
}

/** Thousands of users of a removed identity provider may get a link at once. */
export async function saveEmailTokens(tx: Tx, deriveToken: DeriveToken, tokens: readonly MintedEmailToken[]): Promise<void> {
  if (tokens.length === 0) return;
  const rows = tokens.map(({ tokenId, userId, emailId, purpose, nonce }) => ({
    id: tokenId,
    userId,
    emailId,
    purpose,
    hash: hashToken(deriveToken(purpose, tokenId, nonce)),
    hours: hoursMax[purpose],
  }));
  await sql`
    INSERT INTO email_tokens (id, user_id, email_id, purpose, token_hash, expires_at)
    SELECT id, "userId", "emailId", purpose, hash, clock_timestamp() + make_interval(hours => hours)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS token (id bigint, "userId" bigint, "emailId" bigint, purpose text, hash text, hours integer)`.execute(tx);
}

/** A new password invalidates the links for the previous one. */
export async function deleteResetLinks(tx: Tx, userId: string): Promise<void> {
  await tx.deleteFrom('email_tokens').where('user_id', '=', userId).where('purpose', '=', 'password-reset').execute();
}
