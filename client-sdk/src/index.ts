/// <reference lib="esnext.disposable" preserve="true" />

export type {
  AccessRequestRecord,
  AddressRule,
  AuditEntryRecord,
  AuditEventName,
  AuthProviderRecord,
  AuthTokenRecord,
  Collection,
  Decision,
  ErrorCode,
  ExternalIdRecord,
  ExternalTeamRecord,
  ExternalUserRecord,
  InstanceReport,
  InstanceSample,
  IntegrationProvider,
  IntegrationRecord,
  IpAllowListRecord,
  ListedOrganization,
  MemberRecord,
  OrganizationRecord,
  OrganizationViewer,
  OrgFlag,
  OrgFlags,
  OrgRecord,
  OrgRoleId,
  OrgSetting,
  OrgSettings,
  ProjectKeyRecord,
  ProjectRecord,
  ProjectSettingsRecord,
  ProjectTeamRecord,
  ProviderDefinition,
  ResubscribeReason,
  RetentionRecord,
  RetentionSetting,
  Retry,
  Scope,
  SecurityEventName,
  TeamMemberRecord,
  TeamRecord,
  TeamRoleId,
  VerifiedDomainRecord,
  WebhookRecord,
  Why,
} from '@rollcall/protocol';
export {
  apiLimits,
  auditEventNames,
  defaultProjectSettings,
  defaultRetention,
  definitionOf,
  describeDisabledReason,
  effectiveTeamRole,
  eventTypes,
  integrationProviders,
  nameProviders,
  OrgError,
  orgFlags,
  orgRoles,
  parseSearchQuery,
  requiredVariables,
  retentionDaysMin,
  scopes,
  securityEventNames,
  teamRoles,
  withSearchFilter,
} from '@rollcall/protocol';
export type * from '@rollcall/protocol/rest';
export type { ClientEvents, RollcallClient } from './client.ts';
export { type ConnectOptions, connect } from './connect.ts';
export { type DehydratedOrganization, type DehydrateOptions, dehydrate } from './dehydrate.ts';
export type { ListenOptions } from './emitter.ts';
export type {
  AccessRevoked,
  ChangeBatch,
  ChangeEvent,
  ChangeEventName,
  OrganizationEvents,
  StatusChanged,
} from './events.ts';
export type { LocalDecision, LocalOn, LocalWho, LocalWhy } from './local-can.ts';
export type { OrganizationHandle, OrganizationOptions } from './organization-handle.ts';
export type { InviteOutcome } from './organization-rest.ts';
export type { Organizations, OrganizationsEvents } from './organizations.ts';
export type { Presence } from './presence.ts';
export type { ChangeCause } from './replica.ts';
export type { RecordChange } from './replica-records.ts';
export type { Report, ReportKind } from './replica-state.ts';
export type { Applied, CommandOptions, CommandResult, ListPage, PageOptions, ReadOptions } from './rest/calls.ts';
export type * from './scope-name.ts';
export type { Selection } from './selection.ts';
export type { OrganizationState } from './state-view.ts';
export type { ClientPhase, ClientStatus, LoadingProgress, OrganizationPhase, OrganizationStatus } from './status.ts';
export type { TokenSource } from './token-source.ts';
export type { CheckOptions, ReadyOptions, WaitOptions } from './waiting.ts';
export type { WhenStale } from './when-stale.ts';
