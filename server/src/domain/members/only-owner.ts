import { type MemberRecord, type OrganizationRecord, OrgError } from '@rollcall/protocol';

/** Whether an active organization would have no active owner without this member. */
export function isOnlyOwner(organization: OrganizationRecord, member: MemberRecord, owners: readonly MemberRecord[]): boolean {
  if (organization.status !== 'active' || member.orgRole !== 'owner' || !member.user) return false;
  return !owners.some(({ id, user }) => id !== member.id && user?.isActive);
}

/** @throws OrgError `last-owner` if an active organization would have no active owner otherwise */
export function refuseOnlyOwner(organization: OrganizationRecord, member: MemberRecord, owners: readonly MemberRecord[]): void {
  if (isOnlyOwner(organization, member, owners)) throw lastOwner([organization.slug]);
}

/** @param slugs organizations without another active owner */
export function lastOwner(slugs: readonly string[]): OrgError {
  const message = `The user is the only owner of ${slugs.join(', ')}. Make another member an owner, or delete the organization, first.`;
  return new OrgError('last-owner', message);
}
