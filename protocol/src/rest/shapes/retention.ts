import * as z from 'zod';
import { dateTime, named } from './shape.ts';

const days = z.int().min(0);
const storedDays = days.nullable();

const settings = {
  auditDays: storedDays.describe('Entries of the audit log. Null: as long as the plan allows.'),
  historyDays: storedDays.describe('Revisions of the log. Null: 90.'),
  deliveryDays: storedDays.describe('Attempts to deliver to webhooks and integrations. Null: 30.'),
  personDays: storedDays.describe('Names and addresses of removed members. Null: as `auditDays`.'),
};

const appliedDays = z.object({
  auditDays: days.nullable(),
  historyDays: days,
  deliveryDays: days,
  personDays: days.nullable(),
});
const effective = appliedDays.describe('The days that apply, which the plan may limit. Null: no limit.');
const planned = z
  .object({
    from: dateTime.describe('When the plan takes effect.'),
    effective: appliedDays.describe('The days that apply from then on.'),
  })
  .nullable()
  .describe('A smaller plan that has not taken effect. Null without one.');

const legalHold = z.boolean().describe('While it is on, nothing of the organization is pruned, erased or removed.');
const prunedThrough = z.int().min(0).describe('The log begins after this revision.');
const planName = z.string().nullable();

/** REST contract 13.15. */
export const retentionShape = named(
  'Retention',
  z.object({
    ...settings,
    effective,
    planned,
    plan: z.object({
      name: planName,
      retentionDaysMax: days.nullable().describe('The most days of every setting: the smaller maximum of the plan and of the server.'),
    }),
    legalHold,
    prunedThrough,
  }),
);

const removal = z.object({
  count: days,
  isMore: z.boolean().describe('Whether counting stopped at `count`, and there may be more.'),
});

export const retentionPreviewShape = named(
  'RetentionPreview',
  z.object({
    effective,
    removes: z.object({
      auditEntries: removal,
      revisions: removal,
      deliveries: removal,
      persons: removal.describe('Removed members whose names and addresses are replaced.'),
    }),
  }),
);

/** For the operator. */
export const organizationPlanShape = named(
  'OrganizationPlan',
  z.object({
    name: planName,
    retentionDaysMax: days.nullable().describe('The maximum of the plan. Null: only `RETENTION_DAYS_MAX` applies.'),
    legalHold,
    retention: z.object(settings),
    effective,
    planned,
    prunedThrough,
  }),
);
