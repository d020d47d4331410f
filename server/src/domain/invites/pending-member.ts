import { type MemberRecord, newMemberFlags, type OrganizationRecord, OrgError, type OrgRoleId } from '@rollcall/protocol';
import { notFound } from '../authorize.ts';
import type { FieldErrors } from '../field-errors.ts';

/** Members without a user: invites and requests for invites (REST contract 6, 7.1). */

export interface PendingMember {
  readonly id: string;
  readonly email: string;
  readonly orgRole: OrgRoleId;
  readonly inviteStatus: MemberRecord['inviteStatus'];
  /** Null for a request, because it cannot be accepted. */
  readonly inviteExpiresAt: string | null;
  readonly now: string;
}

/**
 * @param inviter the member who invites or makes the request; null if that person is not a member
 */
export function pendingMember({ now, email, ...given }: PendingMember, inviter: MemberRecord | null): MemberRecord {
  return {
    ...given,
    email,
    name: email,
    user: null,
    pending: true,
    flags: newMemberFlags,
    dateCreated: now,
    inviterId: inviter?.user?.id ?? null,
    inviterName: inviter?.name ?? null,
  };
}

/**
 * Check 4 of an invite, which also applies to requests (REST contract 6.3, 7.2). A pending request
 * for the same person does not prevent an invite.
 */
export function invitedEmailErrors(email: string | null, sameEmail: readonly MemberRecord[]): FieldErrors {
  if (sameEmail.some(({ user }) => user !== null)) return { email: [`The user ${email} is already a member`] };
  if (sameEmail.some(({ inviteStatus }) => inviteStatus === 'approved')) return { email: [`The user ${email} has already been invited`] };
  return {};
}

/**
 * Refuses if visitors may not request to join (REST contract 7.3).
 * @throws OrgError `not-found`, `forbidden`
 */
export function refuseJoinRequests(organization: OrganizationRecord | null): void {
  if (organization?.status !== 'active') throw notFound();
  if (!organization.allowJoinRequests) throw new OrgError('forbidden', 'Your organization does not allow join requests.');
  if (organization.hasAuthProvider) throw new OrgError('forbidden', 'People join through the identity provider.', { body: undefined });
}

/**
 * Members can't request invites where single sign-on is required (REST contract 7.2).
 * @throws OrgError `invalid`
 */
export function refuseWithSso({ requiresSso }: OrganizationRecord): void {
  if (!requiresSso) return;
  throw new OrgError('invalid', 'Your organization must use its single sign-on provider to register new members.');
}
