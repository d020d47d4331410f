import * as z from 'zod';
import type { TokenPurpose } from '../runtime/derived-tokens.ts';
import type { LinkMaker } from './template.ts';

/** What such a token is derived from. */
export const emailTokenSchema = z.object({ tokenId: z.string(), nonce: z.string() });

/** Behind the `#`: that part stays in the browser, and is in no log of a server or proxy. */
export function emailTokenLink(
  page: string,
  purpose: TokenPurpose,
  { tokenId, nonce }: z.output<typeof emailTokenSchema>,
  { publicUrl, deriveToken }: LinkMaker,
): string {
  return `${publicUrl}/${page}/#${tokenId}.${deriveToken(purpose, tokenId, nonce)}`;
}
