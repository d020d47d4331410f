import * as z from 'zod/mini';
import { dateTimeSchema } from './date-time.ts';
import { idSchema } from './ids.ts';

const days = z.nullable(z.int());

/**
 * The settings that decide how long an organization's data is stored. An organization has at most
 * one such record, whose `id` is the organization's. Without it, the organization has
 * `defaultRetention`.
 */
export const retentionRecordSchema = z.object({
  id: idSchema,
  // The plan may allow less than a setting or its default (`effectiveRetention` on the server).
  /** Days that entries of the audit log are stored. Null: as long as the plan allows. */
  auditDays: days,
  /** Days that revisions stay in the log. Null: 90. */
  historyDays: days,
  /** Days that the log of deliveries is stored. Null: 30. */
  deliveryDays: days,
  /** Days until the names and addresses of a removed member are replaced. Null: as `auditDays`. */
  personDays: days,
  /** The plan that the operator assigned. */
  planName: z.nullable(z.string()),
  /** The maximum of all settings in days, set by the operator. Null: no maximum. */
  planDaysMax: days,
  /** The maximum before a smaller plan, which applies until then. Absent if no plan is delayed. */
  formerPlan: z.exactOptional(z.object({ daysMax: days, until: dateTimeSchema })),
  /** While it is on, no data of the organization is pruned, erased or removed. */
  legalHold: z.boolean(),
  /** The log begins after this revision. 0: it was never pruned. */
  prunedThrough: z.int(),
});
export type RetentionRecord = z.infer<typeof retentionRecordSchema>;

export const defaultRetention: Readonly<Omit<RetentionRecord, 'id'>> = {
  auditDays: null,
  historyDays: null,
  deliveryDays: null,
  personDays: null,
  planName: null,
  planDaysMax: null,
  legalHold: false,
  prunedThrough: 0,
};

/** The settings, and the fewest days that each may be set to. */
export const retentionDaysMin = {
  // An administrator who abused their rights can't have the proof removed within a month.
  auditDays: 30,
  historyDays: 1,
  deliveryDays: 1,
  personDays: 0,
} as const;
export type RetentionSetting = keyof typeof retentionDaysMin;

/** The maximum of a setting or a plan: 100 years. PostgreSQL can't subtract 7,000 years. */
export const planDaysCeiling = 36_500;
