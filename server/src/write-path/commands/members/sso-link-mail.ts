import { type AuthProviderRecord, isSsoLinked, type MemberRecord, type OrganizationRecord } from '@rollcall/protocol';
import type { MailToSend } from '../../../mail/enqueue-mail.ts';

/**
 * The mail that asks a member to link their identity. Null for a member who is linked or can't log
 * in, and without an active provider.
 */
export function ssoLinkMail(
  { name: orgName, slug: orgSlug, requiresSso: isRequired }: OrganizationRecord,
  provider: AuthProviderRecord | null,
  member: MemberRecord,
): MailToSend | null {
  if (provider?.status !== 'active' || !member.user?.isActive || member.email === null || isSsoLinked(member)) return null;
  return { template: 'sso-link', params: { orgName, orgSlug, providerName: provider.name, isRequired }, to: member.email };
}
