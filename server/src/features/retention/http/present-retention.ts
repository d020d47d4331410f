import type { RetentionRecord } from '@rollcall/protocol';
import type { organizationPlanShape, ResponseOf, retentionShape } from '@rollcall/protocol/rest/shapes';
import { appliedRetention } from '../queries/read-retention.ts';

/** @param daysMax the operator's maximum for all organizations */
export function presentRetention(retention: RetentionRecord, daysMax: number | null): ResponseOf<typeof retentionShape> {
  const { effective, planned, allowedDays } = appliedRetention(retention, daysMax, new Date().toISOString());
  return {
    ...settingsOf(retention),
    effective,
    planned,
    plan: { name: retention.planName, retentionDaysMax: allowedDays },
    legalHold: retention.legalHold,
    prunedThrough: retention.prunedThrough,
  };
}

/** Presents the plan and the retention for the operator. */
export function presentPlan(retention: RetentionRecord, daysMax: number | null): ResponseOf<typeof organizationPlanShape> {
  const { effective, planned } = appliedRetention(retention, daysMax, new Date().toISOString());
  return {
    name: retention.planName,
    retentionDaysMax: retention.planDaysMax,
    legalHold: retention.legalHold,
    retention: settingsOf(retention),
    effective,
    planned,
    prunedThrough: retention.prunedThrough,
  };
}

function settingsOf({ auditDays, historyDays, deliveryDays, personDays }: RetentionRecord) {
  return { auditDays, historyDays, deliveryDays, personDays };
}
