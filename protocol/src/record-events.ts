import { isSameJson } from './json.ts';
import { listedKind, listedKinds } from './listed-kinds.ts';
import { orgFlagNames } from './org-flags.ts';
import { orgSettingNames } from './org-settings.ts';
import type { MemberRecord, OrganizationRecord, OrgRecord } from './records.ts';

/**
 * The names of changes, for everything that reports them: the SDK, webhooks, the changes API and
 * integrations. All use `eventsOfChange`, so that all report a change under the same name.
 */

const flagsAndSettings = [...orgFlagNames, ...orgSettingNames];

const organizationEvents = ['organization.updated', 'flag.changed', 'setting.changed'] as const;
const memberEvents = [
  'member.added',
  'member.roleChanged',
  'member.updated',
  'member.removed',
  'invite.created',
  'invite.updated',
  'invite.accepted',
  'invite.removed',
] as const;
const listedEvents = Object.values(listedKinds).flatMap(({ added, changed, removed }) =>
  changed ? [added, changed, removed] : [added, removed],
);

/** The names of all events of known kinds. The event of other kinds is `record.changed`. */
export const eventTypes: readonly string[] = [...new Set([...organizationEvents, ...memberEvents, ...listedEvents])];

export interface RecordDifference {
  readonly kind: string;
  readonly id: string;
  /** Null if the record was not visible before. */
  readonly before: OrgRecord | null;
  readonly after: OrgRecord | null;
}

/** One event of a change, with the fields that depend on its name. */
export interface RecordEvent {
  readonly type: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly [field: string]: unknown;
}

/** The events of one changed record, in order. None if no field that has an event differs. */
export function eventsOfChange(change: RecordDifference): RecordEvent[] {
  const { kind, id, before, after } = change;
  if (kind === 'member') return memberEventsOf(asMember(before), asMember(after));
  if (kind === 'organization' && before && after) return organizationEventsOf(before, after);
  const names = listedKind(kind);
  const type = names && (before ? (after ? names.changed : names.removed) : names.added);
  return [type ? { type, before, after } : { type: 'record.changed', kind, id, before, after }];
}

function asMember(record: OrgRecord | null): MemberRecord | null {
  return record as unknown as MemberRecord | null;
}

/** A member without a user is an invite. */
function memberEventsOf(before: MemberRecord | null, after: MemberRecord | null): RecordEvent[] {
  if (!before) return after ? [{ type: after.pending ? 'invite.created' : 'member.added', before, after }] : [];
  if (!after) return [{ type: before.pending ? 'invite.removed' : 'member.removed', before, after }];
  if (before.pending && after.pending) return [{ type: 'invite.updated', before, after }];
  if (before.pending) {
    return [
      { type: 'invite.accepted', before, after },
      { type: 'member.added', before, after },
    ];
  }
  if (after.pending) {
    return [
      { type: 'member.removed', before, after: null },
      { type: 'invite.created', before: null, after },
    ];
  }
  const events: RecordEvent[] = [];
  if (before.orgRole !== after.orgRole) events.push({ type: 'member.roleChanged', before, after });
  if (!isSameJson({ ...before, orgRole: null }, { ...after, orgRole: null })) events.push({ type: 'member.updated', before, after });
  return events;
}

function organizationEventsOf(before: OrgRecord, after: OrgRecord): RecordEvent[] {
  const events: RecordEvent[] = [];
  if (!isSameJson(withoutFlagsAndSettings(before), withoutFlagsAndSettings(after))) {
    events.push({ type: 'organization.updated', before, after });
  }
  for (const flag of orgFlagNames) {
    if (before[flag] !== after[flag]) events.push({ type: 'flag.changed', flag, before: before[flag], after: after[flag] });
  }
  for (const setting of orgSettingNames) {
    if (!isSameJson(before[setting], after[setting])) {
      events.push({ type: 'setting.changed', setting, before: before[setting], after: after[setting] });
    }
  }
  return events;
}

function withoutFlagsAndSettings(record: OrgRecord): Partial<OrganizationRecord> {
  const rest: Record<string, unknown> = { ...record };
  for (const key of flagsAndSettings) delete rest[key];
  return rest;
}
