import { OrgError, type OrgState, type WebhookRecord } from '@rollcall/protocol';
import { startConsumer } from '../../../consumers/checkpoints.ts';
import { readWebhooks } from '../../../database/outlets/outlet-records.ts';
import { userIdOf } from '../../../domain/actor.ts';
import { authorize, cannotGrant, scopesBeyond } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../write-path/command.ts';
import { allocateId, loadActorState } from '../../../write-path/load-state.ts';
import { defaultWebhookScopes, hostOfWebhook, type NewWebhook, webhookEvent, webhookScopes } from '../domain/webhook.ts';
import { webhookLimits } from '../limits.ts';
import { saveWebhookSecret, webhookSecretOwner } from './webhook-secret.ts';

export interface CreateWebhook extends NewWebhook {
  readonly secret: string;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface Facts {
  readonly state: OrgState;
  readonly webhooks: readonly WebhookRecord[];
  readonly newId: string;
  readonly input: CreateWebhook;
}

/**
 * Adds a webhook (REST contract 13.10). It gets the revisions after its creation, with the scopes
 * that its maker holds now. It keeps them when the maker's role changes.
 */
export const createWebhook: Command<CreateWebhook, Facts, WebhookRecord> = {
  name: 'create-webhook',

  async load(tx, input, { orgId, actor }) {
    const [state, webhooks, newId] = await Promise.all([loadActorState(tx, orgId, actor), readWebhooks(tx, orgId), allocateId(tx)]);
    return { state, webhooks, newId, input };
  },

  decide(input, { state, webhooks, newId: id }, { actor, now, refuseInvalid }) {
    authorize(state, actor, webhookScopes);
    refuseInvalid(cannotGrant(scopesBeyond(state, actor, input.scopes ?? [])));
    if (webhooks.length >= webhookLimits.webhooks.value)
      throw new OrgError('invalid', `An organization has at most ${webhookLimits.webhooks.value} webhooks.`);
    const webhook: WebhookRecord = {
      id,
      url: input.url,
      description: input.description,
      eventTypes: [...input.eventTypes],
      scopes: [...(input.scopes ?? defaultWebhookScopes(state, actor))],
      status: 'active',
      disabledReason: null,
      secretChangedAt: now,
      createdBy: userIdOf(actor),
      dateCreated: now,
    };
    return { changes: [created('webhook', webhook)], audit: [webhookEvent('webhook.create', webhook, 'added')], result: webhook };
  },

  async persistSideEffects(tx, { result: webhook }, { orgId }, { input: { key, secret } }) {
    const ref = { orgId, recordId: webhook.id };
    await Promise.all([
      saveWebhookSecret(tx, key, webhookSecretOwner(orgId, webhook.id), secret),
      startConsumer(tx, ref, 'webhook', hostOfWebhook(webhook)),
    ]);
  },
};
