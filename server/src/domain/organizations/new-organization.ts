import {
  defaultOrgFlags,
  defaultOrgSettings,
  defaultOrgSso,
  type MemberRecord,
  type MemberUser,
  newMemberFlags,
  type OrganizationRecord,
  type OrgRoleId,
} from '@rollcall/protocol';
import { memberWithUser } from '../members/member-user.ts';

export function newOrganization({ id, slug, name, now }: { id: string; slug: string; name: string; now: string }): OrganizationRecord {
  return {
    id,
    slug,
    name,
    status: 'active',
    dateCreated: now,
    defaultRole: 'member',
    avatarType: 'letter_avatar',
    avatarUuid: null,
    ...defaultOrgFlags,
    ...defaultOrgSettings,
    ...defaultOrgSso,
  };
}

/** A full member, who needed no invite and therefore has none. */
export function newMember({ id, user, orgRole, now }: { id: string; user: MemberUser; orgRole: OrgRoleId; now: string }): MemberRecord {
  const member = {
    id,
    email: null,
    name: '',
    user: null,
    orgRole,
    pending: false,
    flags: newMemberFlags,
    dateCreated: now,
    inviteStatus: 'approved',
    inviterId: null,
    inviterName: null,
    inviteExpiresAt: null,
  } satisfies MemberRecord;
  return memberWithUser<MemberRecord>(member, user);
}
