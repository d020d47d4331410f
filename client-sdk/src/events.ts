import type {
  AccessRequestRecord,
  AddedRecords,
  AuditEntryRecord,
  ChangedRecords,
  MemberRecord,
  OrganizationRecord,
  OrgFlag,
  OrgRecord,
  OrgSetting,
  OrgSettings,
  ProjectSettingsRecord,
  RemovedRecords,
  RetentionRecord,
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

type ListedChangeDetails = { [Name in keyof AddedRecords]: Added<AddedRecords[Name]> } & {
  [Name in keyof ChangedRecords]: Changed<ChangedRecords[Name]>;
} & { [Name in keyof RemovedRecords]: Removed<RemovedRecords[Name]> };

interface ChangeDetails extends Omit<ListedChangeDetails, 'retention.changed'> {
  /** The name, slug, status or another field that is neither a flag nor a setting. */
  'organization.updated': Changed<OrganizationRecord>;
  'flag.changed': { readonly flag: OrgFlag; readonly before: boolean; readonly after: boolean };
  'setting.changed': SettingChange;
  /** A user became a member. `before` is their invite, if they accepted one. */
  'member.added': { readonly before: MemberRecord | null; readonly after: MemberRecord };
  'member.roleChanged': Changed<MemberRecord>;
  /** Any field of the member except the role. */
  'member.updated': Changed<MemberRecord>;
  'member.removed': Removed<MemberRecord>;
  'invite.created': Added<MemberRecord>;
  'invite.updated': Changed<MemberRecord>;
  'invite.accepted': Changed<MemberRecord>;
  'invite.removed': Removed<MemberRecord>;
  /** Set for the first time. Until then, the project had `defaultProjectSettings`. */
  'projectSettings.created': Added<ProjectSettingsRecord>;
  /** The project was removed. */
  'projectSettings.removed': Removed<ProjectSettingsRecord>;
  /** No longer among the newest entries. The audit log still contains it. */
  'audit.retired': Removed<AuditEntryRecord>;
  /** The member was added to the team or refused, or the member or the team was removed. */
  'accessRequest.settled': Removed<AccessRequestRecord>;
  /** `before` is null at the first change. Until then, the organization had `defaultRetention`. */
  'retention.changed': { readonly before: RetentionRecord | null; readonly after: RetentionRecord | null };
  /** A record of a kind that this version doesn't know. */
  'record.changed': { readonly kind: string; readonly id: string; readonly before: OrgRecord | null; readonly after: OrgRecord | null };
  /**
   * The caller's own rights changed. Contains the records that became visible and those that became
   * hidden. None of them was created or removed.
   */
  'access.changed': { readonly appeared: readonly RecordChange[]; readonly disappeared: readonly RecordChange[] };
}

export type ChangeEventName = keyof ChangeDetails;

/**
 * A change, emitted after the state contains it. `revision` is the revision of the state. With
 * `cause: 'snapshot'`, it is a difference between two snapshots, and a record that is no longer
 * visible looks removed.
 */
export type ChangeEvent<Name extends ChangeEventName = ChangeEventName> = {
  [N in Name]: { readonly type: N; readonly org: string; readonly revision: number; readonly cause: ChangeCause } & ChangeDetails[N];
}[Name];

/** All events of one step. A step spans several revisions if the client had to catch up. */
export interface ChangeBatch {
  readonly type: 'change';
  readonly org: string;
  readonly revision: number;
  /**
   * `snapshot`: a new snapshot was fetched, and the events are its differences from the previous
   * state.
   */
  readonly cause: ChangeCause;
  readonly events: readonly ChangeEvent[];
}

/** The server ended the access. The state is already empty. */
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
