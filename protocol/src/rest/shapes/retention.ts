import * as z from 'zod';
import { dateTime, describeFields, named } from './shape.ts';

const days = z.int().min(0);
const storedDays = days.nullable();

export const retentionDescriptions = {
  auditDays: 'Days that entries of the audit log are stored. Null: as long as the plan allows.',
  historyDays: 'Days that revisions stay in the log. Null: 90.',
  deliveryDays: 'Days that attempts to deliver to webhooks and integrations are stored. Null: 30.',
  personDays: 'Days until the names and addresses of removed members are replaced. Null: as `auditDays`.',
} as const;

const settings = describeFields(
  { auditDays: storedDays, historyDays: storedDays, deliveryDays: storedDays, personDays: storedDays },
  retentionDescriptions,
);

const appliedDays = z.object({
  auditDays: days.nullable().describe('Days for entries of the audit log. Null: no limit.'),
  historyDays: days.describe('Days for revisions of the log.'),
  deliveryDays: days.describe('Days for attempts to deliver to webhooks and integrations.'),
  personDays: days.nullable().describe('Days for names and addresses of removed members. Null: no limit.'),
});
const effective = appliedDays.describe('The days that apply, which the plan may limit. Null: no limit.');
const planned = z
  .object({
    from: dateTime.describe('When the plan takes effect.'),
    effective: appliedDays.describe('The days that apply from then on.'),
  })
  .nullable()
  .describe('A smaller plan that has not taken effect. Null without one.');

const legalHold = z.boolean().describe('While it is on, no data of the organization is pruned, erased or removed.');
const prunedThrough = z.int().min(0).describe('The log begins after this revision.');
const planName = z.string().nullable().describe('Name of the plan that the operator assigned, or null.');

/** REST contract 13.15. */
export const retentionShape = named(
  'Retention',
  'The days that the data of an organization is stored.',
  z.object({
    ...settings,
    effective,
    planned,
    plan: z
      .object({
        name: planName,
        retentionDaysMax: days
          .nullable()
          .describe('The maximum of every setting, in days: the smaller one of the plan’s and the server’s.'),
      })
      .describe('The plan of the organization.'),
    legalHold,
    prunedThrough,
  }),
);

const removal = z.object({
  count: days.describe('Number of rows that would be removed.'),
  isMore: z.boolean().describe('Whether counting stopped at `count`, and there may be more.'),
});

export const retentionPreviewShape = named(
  'RetentionPreview',
  'The data that other settings of the retention would remove.',
  z.object({
    effective,
    removes: z
      .object({
        auditEntries: removal.describe('Entries of the audit log.'),
        revisions: removal.describe('Revisions of the log.'),
        deliveries: removal.describe('Attempts to deliver to webhooks and integrations.'),
        persons: removal.describe('Removed members whose names and addresses are replaced.'),
      })
      .describe('Numbers of rows that these settings would remove.'),
  }),
);

/** The plan of an organization, for the operator. */
export const organizationPlanShape = named(
  'OrganizationPlan',
  'The plan of an organization and its effect on the retention.',
  z.object({
    name: planName,
    retentionDaysMax: days.nullable().describe('The maximum of the plan. Null: only `RETENTION_DAYS_MAX` applies.'),
    legalHold,
    retention: z.object(settings).describe('The settings of the organization.'),
    effective,
    planned,
    prunedThrough,
  }),
);
