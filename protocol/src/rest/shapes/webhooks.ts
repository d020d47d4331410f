import * as z from 'zod';
import { webhookRecordSchema } from '../../outlet-records.ts';
import { dateTime, id, named } from './shape.ts';

/** REST contract 13.10. */
export const webhookShape = named(
  'Webhook',
  z.object({
    ...webhookRecordSchema.shape,
    id,
    eventTypes: z.array(z.string()).describe('Names of events, or all of a group: `member.*`. Empty means all events.'),
    scopes: z.array(z.string()).describe('The webhook gets what these scopes show.'),
    disabledReason: z
      .string()
      .nullable()
      .describe(
        'Why the server disabled it: `failed-too-long`, `gone`, `history-pruned` or `unauthorized`. Null if a person did, or if it is active.',
      ),
    secretChangedAt: dateTime,
    createdBy: id.nullable().describe('The user who created it. It keeps its scopes when they leave.'),
    dateCreated: dateTime,
  }),
);

export const newWebhookShape = named(
  'NewWebhookSecret',
  webhookShape.extend({ secret: z.string().describe('Signs the deliveries. Only this response contains it.') }),
);

export const webhookStateShape = named(
  'WebhookState',
  z.object({
    cursor: z.object({ revision: z.int(), index: z.int() }).describe('The next event to deliver.'),
    head: z.int().describe('The revision of the organization.'),
    behind: z.int().min(0).describe('Number of revisions that are not delivered completely.'),
    attempts: z.int().min(0).describe('Failed attempts of the next event.'),
    nextAttemptAt: dateTime.nullable(),
    lastError: z.string().nullable(),
    oldestUnsentAt: dateTime.nullable().describe('The commit time of the next revision. Null if nothing is behind.'),
  }),
);

export const webhookDeliveryShape = named(
  'WebhookDelivery',
  z.object({
    id,
    eventId: z.string(),
    type: z.string().describe('The type of the event.'),
    attempt: z.int().min(1),
    at: dateTime,
    ms: z.int().min(0),
    status: z.int().nullable().describe('The status of the response. Null without a response.'),
    error: z.string().nullable().describe('Null if it was delivered.'),
    response: z.string().nullable().describe('The first KiB of the response.'),
    nextAttemptAt: dateTime.nullable(),
  }),
);

export const webhookTestShape = named('WebhookTest', webhookDeliveryShape.pick({ status: true, ms: true, response: true, error: true }));

export const lateOutletShape = named(
  'LateOutlet',
  webhookStateShape.pick({ cursor: true, head: true, attempts: true, nextAttemptAt: true, lastError: true }).extend({
    organization: z.object({ id, slug: z.string() }),
    kind: z.string().describe('`webhook` or `integration`.'),
    id,
    behindSeconds: z.int().min(0).describe('The age of the oldest revision that is not delivered.'),
  }),
);
