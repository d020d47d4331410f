import type { MemberRecord, OrganizationRecord } from '@rollcall/protocol';
import type { MailToSend } from '../../../mail/enqueue-mail.ts';

/**
 * The mail to an invited person (REST contract 6.3). With enhanced privacy it does not name the
 * inviter, because the recipient is not a member yet.
 */
export function invitationMail(organization: OrganizationRecord, member: MemberRecord, nonce: string): MailToSend {
  const inviterName = organization.enhancedPrivacy ? null : member.inviterName;
  const params = {
    orgName: organization.name,
    invite: { memberId: member.id, nonce },
    inviterName,
    namedUserId: member.inviterId,
    expiresAt: member.inviteExpiresAt,
  };
  return { template: 'invitation', params, to: member.email! };
}
