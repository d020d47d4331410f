import * as z from 'zod';
import type { LinkMaker } from './template.ts';

/** What an invite's token is derived from. */
export const inviteTokenSchema = z.object({ memberId: z.string(), nonce: z.string() });

/** The page on which an invite is accepted (REST contract 7.4). */
export function inviteLink({ memberId, nonce }: z.output<typeof inviteTokenSchema>, { publicUrl, deriveToken }: LinkMaker): string {
  return `${publicUrl}/accept/${memberId}/${deriveToken('invite', memberId, nonce)}/`;
}
