import * as z from 'zod';
import type { MailContext } from './mail-template.ts';

/** The values from which the token of an invite is derived. */
export const inviteTokenSchema = z.object({ memberId: z.string(), nonce: z.string() });

/**
 * The page on which an invite is accepted (REST contract 7.4). The token is in the fragment, which
 * browsers don't send, so that no log contains it.
 */
export function inviteLink({ memberId, nonce }: z.output<typeof inviteTokenSchema>, { publicUrl, deriveToken }: MailContext): string {
  return `${publicUrl}/accept/#${memberId}.${deriveToken('invite', memberId, nonce)}`;
}
