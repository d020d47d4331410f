import { defaultRetention, type RetentionRecord, type RetentionSetting } from '@rollcall/protocol';

/** The days that an organization's data is stored (REST contract 13.15). */

/** Numbers of days. Null: no limit. */
export interface EffectiveRetention {
  readonly auditDays: number | null;
  readonly historyDays: number;
  readonly deliveryDays: number;
  readonly personDays: number | null;
}

type Settings = Pick<RetentionRecord, RetentionSetting | 'planDaysMax' | 'formerPlan'>;

/** The record of an organization that never had one. */
export function emptyRetention(orgId: string): RetentionRecord {
  return { id: orgId, ...defaultRetention };
}

/**
 * The days that apply: a setting or its default, but never more than the plan and the operator
 * allow. A smaller plan changes what applies, not what is stored, so that a larger one restores it.
 * It applies after a delay (`formerPlanAt`).
 * @param record null if the organization never changed a setting
 * @param daysMax the operator's maximum for all organizations
 * @param now null for the days after the delay
 */
export function effectiveRetention(record: Settings | null, daysMax: number | null, now: string | null): EffectiveRetention {
  const { auditDays, historyDays, deliveryDays, personDays } = record ?? defaultRetention;
  const former = record && now !== null ? formerPlanAt(record, now) : null;
  const max = former ? capped(former.daysMax, daysMax) : allowedDays(record, daysMax);
  const audit = capped(auditDays, max);
  return {
    auditDays: audit,
    historyDays: Math.min(historyDays ?? 90, max ?? Infinity),
    deliveryDays: Math.min(deliveryDays ?? 30, max ?? Infinity),
    personDays: personDays === null ? audit : capped(personDays, max),
  };
}

/** The former plan while a smaller one is delayed. Null if the plan of the record applies. */
export function formerPlanAt(
  { formerPlan }: Pick<RetentionRecord, 'formerPlan'>,
  now: string,
): NonNullable<RetentionRecord['formerPlan']> | null {
  return formerPlan && Date.parse(now) < Date.parse(formerPlan.until) ? formerPlan : null;
}

/** The most days that the organization's settings may have. Null: no maximum. */
export function allowedDays(record: Pick<RetentionRecord, 'planDaysMax'> | null, daysMax: number | null): number | null {
  return capped(record?.planDaysMax ?? null, daysMax);
}

function capped(days: number | null, max: number | null): number | null {
  if (days === null || max === null) return days ?? max;
  return Math.min(days, max);
}
