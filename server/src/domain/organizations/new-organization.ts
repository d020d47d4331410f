import type { MemberRecord, MemberUser, OrganizationRecord, OrgRoleId } from '@rollcall/protocol';
import { memberWithUser } from '../members/member-user.ts';

/** Flags of a new organization (REST contract 5.1). Where the model stores the opposite, this is the name the API has. */
const flags = {
  openMembership: true,
  enhancedPrivacy: false,
  allowSharedIssues: true,
  isEarlyAdopter: false,
  require2FA: false,
  allowMemberProjectCreation: false,
  allowMemberInvite: true,
  codecovAccess: false,
  allowSuperuserAccess: true,
} as const;

/** Settings of a new organization (REST contract 5.2). */
const settings = {
  eventsMemberAdmin: true,
  alertsMemberWrite: true,
  attachmentsRole: 'member',
  debugFilesRole: 'admin',
  allowJoinRequests: true,
  scrapeJavaScript: true,
  dataScrubber: false,
  dataScrubberDefaults: false,
  scrubIPAddresses: false,
  sensitiveFields: [],
  safeFields: [],
  storeCrashReports: 0,
  relayPiiConfig: null,
  trustedRelays: [],
  hideAiFeatures: false,
  issueAlertsThreadFlag: true,
  metricAlertsThreadFlag: true,
  githubPRBot: true,
  githubOpenPRBot: true,
  githubNudgeInvite: true,
  gitlabPRBot: true,
  gitlabOpenPRBot: true,
} satisfies Partial<OrganizationRecord>;

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
    ...flags,
    ...settings,
  };
}

export const newMemberFlags: MemberRecord['flags'] = {
  'idp:provisioned': false,
  'idp:role-restricted': false,
  'sso:linked': false,
  'sso:invalid': false,
  'member-limit:restricted': false,
  'partnership:restricted': false,
};

/** A full member: no invite was needed, so none is left. */
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
