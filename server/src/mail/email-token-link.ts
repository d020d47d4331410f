import * as z from 'zod';
import type { TokenPurpose } from '../runtime/secrets/derived-tokens.ts';
import type { MailContext } from './mail-template.ts';

/** The values from which the token is derived. */
export const emailTokenSchema = z.object({ tokenId: z.string(), nonce: z.string() });

/**
 * The token follows the `#`. The browser does not send that part, so it is in no log of a server or
 * proxy.
 */
export function emailTokenLink(
  page: string,
  purpose: TokenPurpose,
  { tokenId, nonce }: z.output<typeof emailTokenSchema>,
  { publicUrl, deriveToken }: MailContext,
): string {
  return `${publicUrl}/${page}/#${tokenId}.${deriveToken(purpose, tokenId, nonce)}`;
}
