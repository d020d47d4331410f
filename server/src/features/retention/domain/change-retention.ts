import { type LogChange, type RetentionRecord, type RetentionSetting, retentionDaysMin } from '@rollcall/protocol';
import type { AuditEvent } from '../../../domain/audit/audit.ts';
import { created, updated } from '../../../domain/changes.ts';
import type { FieldErrors } from '../../../domain/field-errors.ts';
import { type EffectiveRetention, effectiveRetention, emptyRetention, formerPlanAt } from './effective-retention.ts';

/** Days per setting. An absent setting stays as it is. */
export type RetentionChanges = { readonly [Setting in RetentionSetting]?: number | null };

/** The operator's part of the record. Absent fields stay as they are. */
export type PlanChanges = { readonly [Field in 'planName' | 'planDaysMax' | 'legalHold']?: RetentionRecord[Field] };

/**
 * A plan that shortens what is stored takes effect after this time. Owners, who are mailed, can
 * export the data before, and the operator can correct a mistake.
 */
const planDelayMs = 24 * 60 * 60 * 1_000;

const settings = Object.keys(retentionDaysMin) as readonly RetentionSetting[];

/** @param before null if the organization has no record yet */
export function retentionChanged(before: RetentionRecord | null, after: RetentionRecord): LogChange[] {
  const changes = updated('retention', before ?? emptyRetention(after.id), after);
  return before === null && changes.length > 0 ? [created('retention', after)] : changes;
}

/**
 * The record with the operator's changes. A maximum that shortens nothing applies at once, and ends
 * the delay of an earlier one.
 * @param daysMax the operator's maximum for all organizations
 */
export function withPlan(before: RetentionRecord, changes: PlanChanges, daysMax: number | null, now: string): RetentionRecord {
  const changed = { ...before, ...changes };
  if (changed.planDaysMax === before.planDaysMax) return changed;
  const { formerPlan: _, ...after } = changed;
  if (!shortens(effectiveRetention(before, daysMax, now), effectiveRetention(after, daysMax, null))) return after;
  const former = formerPlanAt(before, now)?.daysMax;
  const until = new Date(Date.parse(now) + planDelayMs).toISOString().replace('Z', '000Z');
  return { ...after, formerPlan: { daysMax: former === undefined ? before.planDaysMax : former, until } };
}

function shortens(before: EffectiveRetention, after: EffectiveRetention): boolean {
  return settings.some((setting) => (after[setting] ?? Infinity) < (before[setting] ?? Infinity));
}

/** @param daysMax the most days that the plan and the operator allow; null for no maximum */
export function retentionErrors(changes: RetentionChanges, daysMax: number | null): FieldErrors {
  const errors: Record<string, readonly string[]> = {};
  for (const setting of settings) {
    const error = daysError(changes[setting] ?? null, retentionDaysMin[setting], daysMax);
    if (error !== null) errors[setting] = [error];
  }
  return errors;
}

/** A plan may allow less than the minimum of a setting. The setting may then have the maximum. */
function daysError(days: number | null, min: number, daysMax: number | null): string | null {
  if (days === null) return null;
  if (daysMax !== null && days > daysMax) return `Your plan keeps at most ${daysMax} ${daysMax === 1 ? 'day' : 'days'}.`;
  const least = Math.min(min, daysMax ?? min);
  return days < least ? `Ensure this value is greater than or equal to ${least}.` : null;
}

const names = { auditDays: 'audit log', historyDays: 'history', deliveryDays: 'deliveries', personDays: 'removed members' } as const;

/** Describes the changed settings. Empty if none differs. */
export function retentionEdited(before: RetentionRecord, after: RetentionRecord): AuditEvent[] {
  const changed = settings.filter((setting) => before[setting] !== after[setting]);
  if (changed.length === 0) return [];
  const describe = (record: RetentionRecord) => changed.map((setting) => `${names[setting]} ${daysText(record[setting])}`).join(', ');
  return [edited(after, { retention: `from ${describe(before)} to ${describe(after)}` })];
}

/** Describes the changes of the plan and of the legal hold. Empty if neither differs. */
export function planEdited(before: RetentionRecord, after: RetentionRecord): AuditEvent[] {
  const [from, to] = [planText(before), planText(after)];
  const data = {
    ...(from === to ? {} : { plan: `from ${from} to ${to}` }),
    ...(before.legalHold === after.legalHold ? {} : { legal_hold: `to ${after.legalHold ? 'True' : 'False'}` }),
  };
  return Object.keys(data).length === 0 ? [] : [edited(after, data)];
}

function edited({ id }: RetentionRecord, data: Readonly<Record<string, string>>): AuditEvent {
  const changes = Object.entries(data).map(([key, text]) => `${key} ${text}`);
  return { event: 'org.edit', targetObject: id, targetUser: null, note: `edited the organization setting: ${changes.join(', ')}`, data };
}

function daysText(days: number | null): string {
  if (days === null) return 'default';
  return days === 1 ? '1 day' : `${days} days`;
}

function planText({ planName, planDaysMax }: RetentionRecord): string {
  return `${planName ?? 'none'} (${planDaysMax === null ? 'no maximum' : `at most ${daysText(planDaysMax)}`})`;
}
