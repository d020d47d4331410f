import { OrgError } from '@rollcall/protocol';
import { type ResponseOf, webhookDeliveryShape, webhookStateShape, webhookTestShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { integerField, messages, parseFields } from '../../../http/requests/fields.ts';
import { idOf } from '../../../http/requests/id-of.ts';
import { pageDeliveries } from '../../../http/responses/page-deliveries.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { isRepeated, runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { attemptLimits } from '../../../runtime/limits/rows/attempts.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { replayWebhook, skipWebhookEvent } from '../commands/move-webhook.ts';
import { openWebhookSecrets, sendWebhook } from '../delivery/send-webhook.ts';
import { webhookLimits } from '../limits.ts';
import { findWebhook, readWebhookState } from '../queries/webhooks.ts';
import { managesWebhooks, webhookPath } from './webhooks.ts';

const replaySchema = z.object({ fromRevision: integerField({ min: 0 }).describe('The first revision whose events are delivered again.') });

/** The deliveries of webhooks and their positions in the log (REST contract 13.10). */
export const webhookDeliveryRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: `${webhookPath}deliveries/`,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'listWebhookDeliveries',
      summary: 'List the deliveries of a webhook',
      description: 'Each attempt, newest first.',
      query: z.object({ status: z.enum(['failed']).optional().describe('Returns only failed attempts.') }),
      isPaged: true,
      responses: { 200: z.array(webhookDeliveryShape) },
    },
    handle: deliveries,
  },
  {
    method: 'GET',
    path: `${webhookPath}state/`,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'readWebhookState',
      summary: 'Retrieve the position of a webhook in the log',
      description: '`cursor` is the next event to deliver, and `behind` the number of revisions that wait.',
      responses: { 200: webhookStateShape },
    },
    handle: state,
  },
  {
    method: 'POST',
    path: `${webhookPath}test/`,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'testWebhook',
      summary: 'Send a test event to a webhook',
      description: 'Sends `webhook.test` now, outside the order of events. It is not repeated, and not listed among the deliveries.',
      isCommand: false,
      responses: { 200: webhookTestShape },
    },
    handle: test,
  },
  {
    method: 'POST',
    path: `${webhookPath}replay/`,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'replayWebhook',
      summary: 'Deliver earlier events again',
      description: 'Goes back to `fromRevision`, which must still be in the log. The events keep their ids.',
      responses: { 204: null },
      body: replaySchema,
    },
    handle: replay,
  },
  {
    method: 'POST',
    path: `${webhookPath}skip/`,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'skipWebhookEvent',
      summary: 'Skip the event that waits for another attempt',
      description: 'Delivery continues with the next event. If no event waits for another attempt, the response is 400.',
      responses: { 204: null },
    },
    handle: skip,
  },
];

async function deliveries(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params, query } = request;
  const { id } = await findWebhook(services.db, org.id, caller.actor, params.webhook ?? '');
  const status = query.get('status') || null;
  if (status !== null && status !== 'failed') throw new OrgError('invalid', '', { body: { status: [messages.notChoice(status)] } });
  return pageDeliveries(request, services, `webhook:${id}`, { isFailed: status === 'failed' });
}

async function state({ org, caller, params }: ApiRequest, { db }: Services): Promise<Reply> {
  const body: ResponseOf<typeof webhookStateShape> = await readWebhookState(db, org.id, caller.actor, params.webhook ?? '');
  return { status: 200, body };
}

async function test({ org, caller, params, inSlot }: ApiRequest, services: Services): Promise<Reply> {
  const { db, outbound, secret: key, version } = services;
  const { id, url } = await inSlot(() => findWebhook(db, org.id, caller.actor, params.webhook ?? ''));
  await services.attempts.count(attemptLimits.messageTestsPerOrganization, org.id);
  const at = new Date();
  const data = { organization: { id: org.id, slug: org.slug }, webhook: { id } };
  const body = JSON.stringify({ type: 'webhook.test', timestamp: at.toISOString(), data });
  const message = { id: `msg_${id}_test_${randomHex(8)}`, body, at };
  const secrets = await inSlot(() => openWebhookSecrets(db, key, org.id, id));
  const { status, ms, response, error } = await sendWebhook(
    { outbound, version, purpose: 'test' },
    { orgId: org.id, url, secrets },
    message,
  );
  const result: ResponseOf<typeof webhookTestShape> = { status, ms, response, error };
  return { status: 200, body: result };
}

async function replay(request: ApiRequest, services: Services): Promise<Reply> {
  const { org, caller, params, body, writeContext } = request;
  const { fields, malformed } = parseFields(replaySchema, body);
  await request.inSlot(() => findWebhook(services.db, org.id, caller.actor, params.webhook ?? ''));
  if (!(await isRepeated(services, request))) await services.attempts.count(webhookLimits.replaysPerOrganization, org.id);
  return runRequestCommand(services, replayWebhook, {
    orgId: org.id,
    actor: caller.actor,
    input: { webhookId: idOf(params.webhook), fromRevision: fields.fromRevision ?? 0 },
    malformed,
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}

async function skip({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, skipWebhookEvent, {
    orgId: org.id,
    actor: caller.actor,
    input: { webhookId: idOf(params.webhook) },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
