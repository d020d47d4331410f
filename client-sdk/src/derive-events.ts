import { type MemberRecord, type OrganizationRecord, type OrgRecord, orgFlagNames, orgSettingNames } from '@rollcall/protocol';
import type { ChangeEvent, ChangeEventName } from './events.ts';
import { isSameJson } from './json-values.ts';
import { listedKind } from './kinds.ts';
import type { ChangeCause } from './replica.ts';
import type { RecordChange } from './replica-records.ts';

type Draft = { readonly type: ChangeEventName; readonly before?: unknown; readonly after?: unknown; readonly [field: string]: unknown };

const flagsAndSettings = [...orgFlagNames, ...orgSettingNames];

/** Derives the events of one step, in the order in which the records changed. */
export function deriveEvents(org: string, revision: number, cause: ChangeCause, changes: readonly RecordChange[]): readonly ChangeEvent[] {
  // If the view changed, a new record may have existed before, and a forgotten one may still exist.
  const isAppearance = (change: RecordChange) => cause === 'view' && !change.before;
  const appeared = changes.filter(isAppearance);
  const disappeared = changes.filter((change) => change.isForgotten);
  const ordinary = changes.filter((change) => !isAppearance(change) && !change.isForgotten);

  const drafts: Draft[] = ordinary.flatMap(draftsOf);
  if (cause === 'view') drafts.push({ type: 'access.changed', appeared, disappeared });
  return Object.freeze(drafts.map((draft) => Object.freeze({ ...draft, org, revision, cause }) as unknown as ChangeEvent));
}

function draftsOf(change: RecordChange): Draft[] {
  const { kind, id, before, after } = change;
  if (kind === 'member') return memberDrafts(asMember(before), asMember(after));
  if (kind === 'organization' && before && after) return organizationDrafts(before, after);
  const names = listedKind(kind);
  const type = names && (before ? (after ? names.changed : names.removed) : names.added);
  return [type ? { type, before, after } : { type: 'record.changed', kind, id, before, after }];
}

function asMember(record: OrgRecord | null): MemberRecord | null {
  return record as unknown as MemberRecord | null;
}

/** A member without a user is an invite. */
function memberDrafts(before: MemberRecord | null, after: MemberRecord | null): Draft[] {
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
  const drafts: Draft[] = [];
  if (before.orgRole !== after.orgRole) drafts.push({ type: 'member.roleChanged', before, after });
  if (!isSameJson({ ...before, orgRole: null }, { ...after, orgRole: null })) drafts.push({ type: 'member.updated', before, after });
  return drafts;
}

function organizationDrafts(before: OrgRecord, after: OrgRecord): Draft[] {
  const drafts: Draft[] = [];
  if (!isSameJson(withoutFlagsAndSettings(before), withoutFlagsAndSettings(after))) {
    drafts.push({ type: 'organization.updated', before, after });
  }
  for (const flag of orgFlagNames) {
    if (before[flag] !== after[flag]) drafts.push({ type: 'flag.changed', flag, before: before[flag], after: after[flag] });
  }
  for (const setting of orgSettingNames) {
    if (!isSameJson(before[setting], after[setting])) {
      drafts.push({ type: 'setting.changed', setting, before: before[setting], after: after[setting] });
    }
  }
  return drafts;
}

function withoutFlagsAndSettings(record: OrgRecord): Partial<OrganizationRecord> {
  const rest: Record<string, unknown> = { ...record };
  for (const key of flagsAndSettings) delete rest[key];
  return rest;
}
