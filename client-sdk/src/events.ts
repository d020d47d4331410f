import type {
  AccessRequestRecord,
  AuditEntryRecord,
  AuthTokenRecord,
  MemberRecord,
  OrganizationRecord,
  OrgFlag,
  OrgRecord,
  OrgSetting,
  OrgSettings,
  ProjectKeyRecord,
  ProjectRecord,
  ProjectSettingsRecord,
  ProjectTeamRecord,
  TeamMemberRecord,
  TeamRecord,
} from '@rollcall/protocol';
import type { ChangeCause } from './replica.ts';
import type { RecordChange } from './replica-records.ts';
import type { OrganizationStatus } from './status.ts';

interface Added<T> {
  readonly before: null;
  readonly after: T;
}
interface Changed<T> {
  readonly before: T;
  readonly after: T;
}
interface Removed<T> {
  readonly before: T;
  readonly after: null;
}

type SettingChange = {
  readonly [S in OrgSetting]: { readonly setting: S; readonly before: OrgSettings[S]; readonly after: OrgSettings[S] };
}[OrgSetting];

interface ChangeDetails {
  /** Its name, slug, status or another field that is neither a flag nor a setting. */
  'organization.updated': Changed<OrganizationRecord>;
  'flag.changed': { readonly flag: OrgFlag; readonly before: boolean; readonly after: boolean };
  'setting.changed': SettingChange;
  /** Somebody is a member now. `before` is their invite, where they came by one. */
  'member.added': { readonly before: MemberRecord | null; readonly after: MemberRecord };
  'member.roleChanged': Changed<MemberRecord>;
  /** Anything about a member but the role. */
  'member.updated': Changed<MemberRecord>;
  'member.removed': Removed<MemberRecord>;
  'invite.created': Added<MemberRecord>;
  'invite.updated': Changed<MemberRecord>;
  'invite.accepted': Changed<MemberRecord>;
  'invite.removed': Removed<MemberRecord>;
  'team.created': Added<TeamRecord>;
  'team.updated': Changed<TeamRecord>;
  'team.removed': Removed<TeamRecord>;
  'team.memberJoined': Added<TeamMemberRecord>;
  'team.memberRoleChanged': Changed<TeamMemberRecord>;
  'team.memberLeft': Removed<TeamMemberRecord>;
  'project.created': Added<ProjectRecord>;
  'project.updated': Changed<ProjectRecord>;
  'project.removed': Removed<ProjectRecord>;
  'project.assigned': Added<ProjectTeamRecord>;
  'project.unassigned': Removed<ProjectTeamRecord>;
  'projectKey.created': Added<ProjectKeyRecord>;
  'projectKey.updated': Changed<ProjectKeyRecord>;
  'projectKey.removed': Removed<ProjectKeyRecord>;
  /** For the first time: before it they were `defaultProjectSettings`. */
  'projectSettings.created': Added<ProjectSettingsRecord>;
  'projectSettings.updated': Changed<ProjectSettingsRecord>;
  /** Their project is removed. */
  'projectSettings.removed': Removed<ProjectSettingsRecord>;
  'token.created': Added<AuthTokenRecord>;
  'token.updated': Changed<AuthTokenRecord>;
  'token.removed': Removed<AuthTokenRecord>;
  'audit.recorded': Added<AuditEntryRecord>;
  /** It is no longer among the newest; the audit log still has it. */
  'audit.retired': Removed<AuditEntryRecord>;
  'accessRequest.created': Added<AccessRequestRecord>;
  /** The member is on the team, or was refused, or one of the two is gone. */
  'accessRequest.settled': Removed<AccessRequestRecord>;
  /** A record of a kind that this version has no name for. */
  'record.changed': { readonly kind: string; readonly id: string; readonly before: OrgRecord | null; readonly after: OrgRecord | null };
  /** One's own rights grew or shrank: what came into view and what went out of it. Neither was created or removed for that. */
  'access.changed': { readonly appeared: readonly RecordChange[]; readonly disappeared: readonly RecordChange[] };
}

export type ChangeEventName = keyof ChangeDetails;

/**
 * What changed, seen only once the state holds it. `revision` is the one the state is at. With `cause: 'snapshot'` it is
 * a difference between two copies: what one may no longer see then looks removed.
 */
export type ChangeEvent<Name extends ChangeEventName = ChangeEventName> = {
  [N in Name]: { readonly type: N; readonly org: string; readonly revision: number; readonly cause: ChangeCause } & ChangeDetails[N];
}[Name];

/** All events of one step, which can span several revisions when the client had to catch up. */
export interface ChangeBatch {
  readonly type: 'change';
  readonly org: string;
  readonly revision: number;
  /** `snapshot`: the copy was fetched anew, and these are its differences from the one before. */
  readonly cause: ChangeCause;
  readonly events: readonly ChangeEvent[];
}

/** The server took the copy away. The state is empty by now. */
export interface AccessRevoked {
  readonly type: 'access.revoked';
  readonly org: string;
  readonly revision: number | null;
  readonly reason: string;
}

export interface StatusChanged {
  readonly type: 'status';
  readonly before: OrganizationStatus;
  readonly after: OrganizationStatus;
}

export type OrganizationEvents = { readonly [N in ChangeEventName]: ChangeEvent<N> } & {
  readonly change: ChangeBatch;
  readonly 'access.revoked': AccessRevoked;
  readonly status: StatusChanged;
};
