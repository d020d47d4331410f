import * as z from 'zod';
import { webhookRecordSchema } from '../../outlet-records.ts';
import { dateTime, describeFields, id, named } from './shape.ts';

const webhookFields = describeFields(
  {
    ...webhookRecordSchema.shape,
    id,
    eventTypes: z.array(z.string()),
    scopes: z.array(z.string()),
    secretChangedAt: dateTime,
    createdBy: id.nullable(),
    dateCreated: dateTime,
  },
  {
    id: 'Id of the webhook.',
    url: 'The address that receives the events.',
    description: 'A note for administrators.',
    eventTypes: 'Names of events, or all of a group: `member.*`. Empty means all events.',
    scopes: 'The webhook receives the changes that these scopes may read.',
    status: 'A disabled webhook receives nothing, and its events wait.',
    disabledReason:
      'Why the server disabled the webhook: `failed-too-long`, `gone`, `history-pruned` or `unauthorized`. Null if a person disabled it, or if it is active.',
    secretChangedAt: 'When the secret was created.',
    createdBy: 'Id of the user who created the webhook. The webhook keeps its scopes when this user leaves.',
    dateCreated: 'When the webhook was created.',
  },
);

/** REST contract 13.10. */
export const webhookShape = named(
  'Webhook',
  'An address that receives the events of an organization.',
  z.object({
    ...webhookFields,
  }),
);

export const newWebhookShape = named(
  'NewWebhookSecret',
  'A webhook with its new secret.',
  webhookShape.extend({ secret: z.string().describe('Signs the deliveries. Only this response contains it.') }),
);

export const webhookStateShape = named(
  'WebhookState',
  'The position of a webhook in the log.',
  z.object({
    cursor: z
      .object({
        revision: z.int().describe('The revision of the event.'),
        index: z.int().describe('Position of the event in its revision, starting at 0.'),
      })
      .describe('The next event to deliver.'),
    head: z.int().describe('The revision of the organization.'),
    behind: z.int().min(0).describe('Number of revisions that are not delivered completely.'),
    attempts: z.int().min(0).describe('Failed attempts of the next event.'),
    nextAttemptAt: dateTime.nullable().describe('Time of the next attempt. Null if nothing waits for one.'),
    lastError: z.string().nullable().describe('Why the last attempt failed. Null if it succeeded.'),
    oldestUnsentAt: dateTime.nullable().describe('The commit time of the next revision. Null if all revisions are delivered.'),
  }),
);

export const webhookDeliveryShape = named(
  'WebhookDelivery',
  'An attempt to deliver an event to a webhook.',
  z.object({
    id: id.describe('Id of the attempt.'),
    eventId: z.string().describe('Id of the event.'),
    type: z.string().describe('The type of the event.'),
    attempt: z.int().min(1).describe('Number of the attempt for this event, starting at 1.'),
    at: dateTime.describe('Time of the attempt.'),
    ms: z.int().min(0).describe('Duration of the request in milliseconds.'),
    status: z.int().nullable().describe('The status of the response. Null without a response.'),
    error: z.string().nullable().describe('Why the attempt failed. Null if the event was delivered.'),
    response: z.string().nullable().describe('The first KiB of the response.'),
    nextAttemptAt: dateTime.nullable().describe('Time of the next attempt. Null if there is none.'),
  }),
);

export const webhookTestShape = named(
  'WebhookTest',
  'The outcome of a test event.',
  webhookDeliveryShape.pick({ status: true, ms: true, response: true, error: true }),
);

export const lateOutletShape = named(
  'LateOutlet',
  'A webhook or an integration whose deliveries are late.',
  webhookStateShape.pick({ cursor: true, head: true, attempts: true, nextAttemptAt: true, lastError: true }).extend({
    organization: z
      .object({ id: id.describe('Id of the organization.'), slug: z.string().describe('Slug of the organization.') })
      .describe('The organization of the webhook or the integration.'),
    kind: z.string().describe('`webhook` or `integration`.'),
    id: id.describe('Id of the webhook or the integration.'),
    behindSeconds: z.int().min(0).describe('The age of the oldest revision that is not delivered.'),
  }),
);
