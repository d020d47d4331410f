import { type MemberRecord, OrgError } from '@rollcall/protocol';
import { addMilliseconds } from '../date-time.ts';

/** How long an invite may be accepted (REST contract 7.4). */
const inviteValidityMs = 30 * 24 * 60 * 60 * 1_000;

/**
 * The server's own switch (REST contract 6.3): `unsent` makes an invite that nobody can accept, for members who come some other way;
 * `off` makes none.
 */
export type InviteMode = 'on' | 'unsent' | 'off';

const notAllowed = 'Your organization is not allowed to invite members';

/** @throws OrgError `forbidden`, in a shape of its own */
export function refuseSwitchedOff(isSwitchedOff: boolean): void {
  if (isSwitchedOff) throw new OrgError('forbidden', notAllowed, { body: { organization: notAllowed } });
}

export function inviteExpiry(now: string): string {
  return addMilliseconds(now, inviteValidityMs);
}

/** Times of one format compare as text. A null expiry never expires (REST contract 6.2). */
export function isExpiredInvite(member: MemberRecord, now: string): boolean {
  return member.pending && member.inviteExpiresAt !== null && member.inviteExpiresAt < now;
}

/** Requests are no invites yet, and an expired one is none any more (REST contract 7.4). */
export function isAcceptableInvite(member: MemberRecord, now: string): boolean {
  return member.pending && member.inviteStatus === 'approved' && !isExpiredInvite(member, now);
}

/** Of the last 24 hours, new and sent again, without the one that is judged. */
export interface RecentInvites {
  readonly byActor: number;
  readonly inOrganization: number;
  readonly toEmail: number;
}

/** A day's (REST contract 6.3): many for an organization that begins, few for somebody who writes to strangers by our mail server. */
const byActorMax = 100;
const inOrganizationMax = 100;
const toEmailMax = 10;

/** @throws OrgError `rate-limited` */
export function refuseTooManyInvites({ byActor, inOrganization, toEmail }: RecentInvites): void {
  if (byActor < byActorMax && inOrganization < inOrganizationMax && toEmail < toEmailMax) return;
  throw new OrgError('rate-limited', 'You are being rate limited for too many invitations.');
}

/** An invite that nobody accepted stays so long after it expired, to be seen and sent anew; then it is removed (REST contract 7.4, 17.19). */
const expiredKeptMs = 30 * 24 * 60 * 60 * 1_000;

/** Requests are no invites, and what never expires stays, as do members whom a required second factor locked out. */
export function isLongExpired(member: MemberRecord, now: string): boolean {
  return !member.detachedUser && member.inviteStatus === 'approved' && isExpiredInvite(member, addMilliseconds(now, -expiredKeptMs));
}
