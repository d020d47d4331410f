import type {
  IpAllowListRecord,
  MemberRecord,
  OrganizationRecord,
  ProjectKeyRecord,
  ProjectRecord,
  ProjectSettingsRecord,
  ProjectTeamRecord,
  TeamMemberRecord,
  TeamRecord,
  VerifiedDomainRecord,
  WebhookRecord,
} from '@rollcall/protocol';

/** The records that an import creates, with the ids that they have in the file. */
export interface ParsedArchive {
  readonly organization: OrganizationRecord;
  readonly member: readonly MemberRecord[];
  readonly team: readonly TeamRecord[];
  readonly 'team-member': readonly TeamMemberRecord[];
  readonly project: readonly ProjectRecord[];
  readonly 'project-team': readonly ProjectTeamRecord[];
  readonly 'project-key': readonly ProjectKeyRecord[];
  readonly 'project-settings': readonly ProjectSettingsRecord[];
  /** At most one list. */
  readonly 'ip-allow-list': readonly IpAllowListRecord[];
  readonly 'verified-domain': readonly VerifiedDomainRecord[];
  readonly webhook: readonly WebhookRecord[];
  /** The number of lines of each kind that an import does not create. */
  readonly skipped: Readonly<Record<string, number>>;
}
