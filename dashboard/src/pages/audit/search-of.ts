import { auditEventNames } from '@rollcall/client';
import type { AuditSearch } from './audit-entry.ts';

export type Period = 'any' | '24h' | '7d' | '30d' | '90d' | 'days';

export type FilterValues = {
  readonly event: string;
  readonly actorId: string;
  readonly period: Period;
  /** The first and last day of the period `days`, such as `2026-11-24`, in the user's time zone. */
  readonly from: string;
  readonly to: string;
};

export const noFilters: FilterValues = { event: '', actorId: '', period: 'any', from: '', to: '' };

/** The valid filters among the values of an address, which can contain anything. */
export function knownFilters(values: Readonly<Record<keyof FilterValues, string>>): FilterValues {
  const day = (text: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : '');
  const period = values.period === 'days' || Object.hasOwn(lengths, values.period) ? (values.period as Period) : 'any';
  const event = (auditEventNames as readonly string[]).includes(values.event) ? values.event : '';
  return { event, actorId: /^\d{1,19}$/.test(values.actorId) ? values.actorId : '', period, from: day(values.from), to: day(values.to) };
}

const hourMs = 60 * 60 * 1_000;
const dayMs = 24 * hourMs;
const lengths: Partial<Record<Period, number>> = { '24h': dayMs, '7d': 7 * dayMs, '30d': 30 * dayMs, '90d': 90 * dayMs };

export function searchOf({ event, actorId, period, from, to }: FilterValues, nowMs: number): AuditSearch {
  const length = lengths[period];
  if (length !== undefined) return { event, actorId, sinceMs: nowMs - length, untilMs: null };
  if (period !== 'days') return { event, actorId, sinceMs: null, untilMs: null };
  return { event, actorId, sinceMs: from === '' ? null : dayStart(from, 0), untilMs: to === '' ? null : dayStart(to, 1) };
}

/** Midnight in the user's time zone. A calendar date is used, since not all days have 24 hours. */
function dayStart(day: string, daysLater: number): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(year, month - 1, date + daysLater).getTime();
}
