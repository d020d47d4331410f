import { type MemberRecord, type OrganizationRecord, OrgError } from '@rollcall/protocol';
import { inviteLimits } from '../../runtime/limits/rows/attempts.ts';
import { addMilliseconds } from '../date-time.ts';

const dayMs = 24 * 60 * 60 * 1_000;

/**
 * The server's setting for invites (REST contract 6.3). `unsent` creates an invite that cannot be
 * accepted, for members who join in another way. `off` creates no invite.
 */
export type InviteMode = 'on' | 'unsent' | 'off';

const notAllowed = 'Your organization is not allowed to invite members';

/** @throws OrgError `forbidden`, with a body of its own */
export function refuseSwitchedOff(isSwitchedOff: boolean): void {
  if (isSwitchedOff) throw new OrgError('forbidden', notAllowed, { body: { organization: notAllowed } });
}

/** @param inviteDays the server's setting (REST contract 7.4) */
export function inviteExpiry(now: string, inviteDays: number): string {
  return addMilliseconds(now, inviteDays * dayMs);
}

/**
 * Times in the same format compare as text. An invite with a null expiry never expires (REST
 * contract 6.2).
 */
export function isExpiredInvite(member: MemberRecord, now: string): boolean {
  return member.pending && member.inviteExpiresAt !== null && member.inviteExpiresAt < now;
}

/** A request to join is hidden while the organization does not allow them (case S-17). */
export function isHiddenRequest({ inviteStatus }: MemberRecord, { allowJoinRequests }: OrganizationRecord): boolean {
  return inviteStatus === 'requested_to_join' && !allowJoinRequests;
}

/** Requests and expired invites cannot be accepted (REST contract 7.4). */
export function isAcceptableInvite(member: MemberRecord, now: string): boolean {
  return member.pending && member.inviteStatus === 'approved' && !isExpiredInvite(member, now);
}

/**
 * Whether the member has not accepted yet. A member whom `require2FA` locked out is pending too,
 * but had accepted.
 */
export function isInvite({ pending, detachedUser }: MemberRecord): boolean {
  return pending && !detachedUser;
}

/**
 * An invite that the organization's identity provider has created over SCIM. A login at the
 * provider accepts it at any time, and only the provider removes it: the provider knows the person
 * by the id of this row.
 */
export function isProvisionedInvite(member: MemberRecord): boolean {
  return isInvite(member) && member.inviteStatus === 'approved' && member.flags['idp:provisioned'];
}

/**
 * Invites of the last 24 hours, both new and sent again. The invite that is being checked is not
 * included.
 */
export interface RecentInvites {
  readonly byActor: number;
  readonly inOrganization: number;
  readonly toEmail: number;
}

export function isWithinInviteLimits({ byActor, inOrganization, toEmail }: RecentInvites): boolean {
  return (
    byActor < inviteLimits.invitesPerActor.value &&
    inOrganization < inviteLimits.invitesPerOrganization.value &&
    toEmail < inviteLimits.invitesPerOrganizationAndAddress.value
  );
}

/** @throws OrgError `rate-limited` */
export function refuseTooManyInvites(recent: RecentInvites): void {
  if (isWithinInviteLimits(recent)) return;
  throw new OrgError('rate-limited', 'You are being rate limited for too many invitations.');
}

/**
 * An expired invite is kept for this long, so that it can be seen and sent again. Then it is
 * removed (REST contract 7.4, 17.19).
 */
const expiredKeptMs = 30 * dayMs;

/**
 * Requests are not invites, and an invite without an expiry stays. Members who are locked out by a
 * required second factor stay too.
 */
export function isLongExpired(member: MemberRecord, now: string): boolean {
  return !member.detachedUser && member.inviteStatus === 'approved' && isExpiredInvite(member, addMilliseconds(now, -expiredKeptMs));
}
