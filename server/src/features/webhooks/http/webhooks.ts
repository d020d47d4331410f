import type { WebhookRecord } from '@rollcall/protocol';
import { newWebhookShape, type ResponseOf, webhookShape } from '@rollcall/protocol/rest/shapes';
import * as z from 'zod';
import { parseFields } from '../../../http/requests/fields.ts';
import { idOf } from '../../../http/requests/id-of.ts';
import { assertRecentLogin } from '../../../http/requests/recent-login.ts';
import type { ApiRequest, Reply, Route } from '../../../http/route.ts';
import { runRequestCommand } from '../../../http/run-request-command.ts';
import type { Services } from '../../../http/services.ts';
import { createWebhook } from '../commands/create-webhook.ts';
import { removeWebhook } from '../commands/remove-webhook.ts';
import { rotateWebhookSecret } from '../commands/rotate-webhook-secret.ts';
import { updateWebhook } from '../commands/update-webhook.ts';
import { newWebhookSecret } from '../commands/webhook-secret.ts';
import type { WebhookChanges } from '../domain/webhook.ts';
import { findWebhook, listWebhooks } from '../queries/webhooks.ts';
import { newWebhookSchema, webhookChangesSchema, withUrlErrors } from './webhook-fields.ts';

const path = '/organizations/:org/webhooks/';
export const webhookPath = `${path}:webhook/`;
export const managesWebhooks = { scopes: ['org:write', 'org:integrations'] } as const satisfies Partial<Route>;

/** Webhooks (REST contract 13.10). */
export const webhookRoutes: readonly Route[] = [
  {
    method: 'GET',
    path,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'listWebhooks',
      summary: 'List an organization’s webhooks',
      description: 'Their secrets are not included.',
      responses: { 200: z.array(webhookShape) },
    },
    handle: list,
  },
  {
    method: 'POST',
    path,
    ...managesWebhooks,
    needsRecentLogin: true,
    metadata: {
      tag: 'Webhooks',
      id: 'createWebhook',
      summary: 'Create a webhook',
      description:
        'The webhook receives the events of all later revisions. `scopes` must be within the caller’s own. By default, the webhook has the scopes of a manager, as far as the caller has them. Only this response contains the secret. An organization has at most 20 webhooks.',
      isUnrepeatable: true,
      responses: { 201: newWebhookShape },
      body: newWebhookSchema,
    },
    handle: create,
  },
  {
    method: 'GET',
    path: webhookPath,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'readWebhook',
      summary: 'Retrieve a webhook',
      description: 'The secret is not included: only the response that creates it contains it.',
      responses: { 200: webhookShape },
    },
    handle: read,
  },
  {
    method: 'PUT',
    path: webhookPath,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'updateWebhook',
      summary: 'Change a webhook',
      description:
        'Setting `status` to `active` resumes deliveries at the first event that was not delivered. Changes of `url` and `scopes` require the scopes of the webhook, and in a session a recent login.',
      errors: ['sudo-required'],
      responses: { 200: webhookShape },
      body: webhookChangesSchema,
    },
    handle: update,
  },
  {
    method: 'DELETE',
    path: webhookPath,
    ...managesWebhooks,
    metadata: {
      tag: 'Webhooks',
      id: 'removeWebhook',
      summary: 'Remove a webhook',
      description: 'Its deliveries can no longer be listed, and are deleted within a day, unless under legal hold.',
      responses: { 204: null },
    },
    handle: remove,
  },
  {
    method: 'POST',
    path: `${webhookPath}rotate-secret/`,
    ...managesWebhooks,
    needsRecentLogin: true,
    metadata: {
      tag: 'Webhooks',
      id: 'rotateWebhookSecret',
      summary: 'Replace the secret of a webhook',
      description:
        'Only this response contains the new secret. For 24 hours, deliveries are also signed with the secret before it. Requires the scopes of the webhook.',
      isUnrepeatable: true,
      responses: { 200: newWebhookShape },
    },
    handle: rotate,
  },
];

type Presented = ResponseOf<typeof webhookShape>;

async function list({ org, caller }: ApiRequest, { db }: Services): Promise<Reply> {
  const body: Presented[] = await listWebhooks(db, org.id, caller.actor);
  return { status: 200, body };
}

async function read({ org, caller, params }: ApiRequest, { db }: Services): Promise<Reply> {
  const body: Presented = await findWebhook(db, org.id, caller.actor, params.webhook ?? '');
  return { status: 200, body };
}

async function create({ org, caller, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = withUrlErrors(services, parseFields(newWebhookSchema, body));
  const { url = '', description = '', eventTypes = [], scopes = null } = fields;
  const secret = newWebhookSecret();
  return runRequestCommand(services, createWebhook, {
    orgId: org.id,
    actor: caller.actor,
    input: { url, description, eventTypes, scopes, secret, key: services.secret },
    malformed,
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, webhook) => ({ status: 201, body: present(webhook, secret) }),
  });
}

async function rotate({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const secret = newWebhookSecret();
  return runRequestCommand(services, rotateWebhookSecret, {
    orgId: org.id,
    actor: caller.actor,
    input: { webhookId: idOf(params.webhook), secret, key: services.secret },
    // A response for a retry would be stored, and this one contains the secret.
    writeContext: { ...writeContext, idempotencyKey: null },
    respond: async (_tx, webhook) => ({ status: 200, body: present(webhook, secret) }),
  });
}

function present(webhook: WebhookRecord, secret: string): ResponseOf<typeof newWebhookShape> {
  return { ...webhook, secret };
}

async function update({ org, caller, params, body, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  const { fields, malformed } = withUrlErrors(services, parseFields(webhookChangesSchema, body));
  // The URL and the scopes decide who receives which events, so they need a recent login, as the
  // secret does.
  if (fields.url !== undefined || fields.scopes !== undefined) assertRecentLogin(caller, org);
  return runRequestCommand(services, updateWebhook, {
    orgId: org.id,
    actor: caller.actor,
    input: { webhookId: idOf(params.webhook), changes: fields as WebhookChanges },
    malformed,
    writeContext,
    respond: async (_tx, webhook: Presented) => ({ status: 200, body: webhook }),
  });
}

async function remove({ org, caller, params, writeContext }: ApiRequest, services: Services): Promise<Reply> {
  return runRequestCommand(services, removeWebhook, {
    orgId: org.id,
    actor: caller.actor,
    input: { webhookId: idOf(params.webhook) },
    writeContext,
    respond: async () => ({ status: 204 }),
  });
}
