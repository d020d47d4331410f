import type { AuditSearch } from './audit-entry.ts';
import type { FilterValues, Period } from './audit-filters.tsx';

const hourMs = 60 * 60 * 1_000;
const dayMs = 24 * hourMs;
const lengths: Partial<Record<Period, number>> = { '24h': dayMs, '7d': 7 * dayMs, '30d': 30 * dayMs, '90d': 90 * dayMs };

export function searchOf({ event, actorId, period, from, to }: FilterValues, nowMs: number): AuditSearch {
  const length = lengths[period];
  if (length !== undefined) return { event, actorId, sinceMs: nowMs - length, untilMs: null };
  if (period !== 'days') return { event, actorId, sinceMs: null, untilMs: null };
  return { event, actorId, sinceMs: from === '' ? null : dayStart(from, 0), untilMs: to === '' ? null : dayStart(to, 1) };
}

/** Midnight where the reader is; days are not all of the same length. */
function dayStart(day: string, daysLater: number): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return new Date(year, month - 1, date + daysLater).getTime();
}
