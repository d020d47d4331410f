import { isRecoveryOwner, type MemberRecord, type OrganizationRecord } from '@rollcall/protocol';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { RecoveryEvent } from '../../../mail/templates/recovery-owner.ts';

/** The mails about a recovery owner to all owners of the organization. */
export function recoveryOwnerMails(
  { id, name: orgName }: OrganizationRecord,
  { name: memberName, user }: MemberRecord,
  event: RecoveryEvent,
  ownerAddresses: readonly string[],
): NoticeToSend[] {
  const params = { orgName, memberName, namedUserId: user?.id ?? null, event };
  return ownerAddresses.map((to) => ({ template: 'recovery-owner', params, to, about: `${id}:${event}` }));
}

/** The mails about a recovery owner who lost the second factor. Empty for any other change. */
export function secondFactorLostMails(
  organization: OrganizationRecord,
  before: MemberRecord,
  after: MemberRecord,
  ownerAddresses: readonly string[],
): NoticeToSend[] {
  if (!organization.requiresSso || !isRecoveryOwner(before) || isRecoveryOwner(after)) return [];
  return recoveryOwnerMails(organization, after, 'second-factor-removed', ownerAddresses);
}
