import type { MemberRecord } from '@rollcall/protocol';
import { addMilliseconds } from './date-time.ts';

/** How long an invite may be accepted (spec: 7.4). */
const inviteValidityMs = 30 * 24 * 60 * 60 * 1_000;

export function inviteExpiry(now: string): string {
  return addMilliseconds(now, inviteValidityMs);
}

/** Times of one format compare as text. A null expiry never expires (spec: 6.2). */
export function isExpiredInvite(member: MemberRecord, now: string): boolean {
  return member.pending && member.inviteExpiresAt !== null && member.inviteExpiresAt < now;
}
