import { type MemberRecord, OrgError } from '@rollcall/protocol';

/** @throws OrgError `forbidden` for members whom a partnership manages (REST contract 6.5, 6.6) */
export function refusePartnershipMember({ flags }: MemberRecord): void {
  if (!flags['partnership:restricted']) return;
  throw new OrgError(
    'forbidden',
    'This member is managed by an active partnership and cannot be modified until the end of the partnership.',
  );
}

/**
 * @throws OrgError `forbidden` for members whom only an identity provider or a partnership may
 * remove (REST contract 6.6)
 */
export function refuseManagedElsewhere(member: MemberRecord): void {
  if (member.flags['idp:provisioned']) {
    throw new OrgError('forbidden', "This user is managed through your organization's identity provider.");
  }
  refusePartnershipMember(member);
}
