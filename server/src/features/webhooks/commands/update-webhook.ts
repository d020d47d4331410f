import type { WebhookRecord } from '@rollcall/protocol';
import { setConsumerActive, setConsumerHost } from '../../../consumers/checkpoints.ts';
import { cannotGrant, scopesBeyond } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import {
  changesReceiver,
  changeWebhook,
  hasSameScopes,
  hostOfWebhook,
  type WebhookChanges,
  webhookEdits,
  webhookEvent,
} from '../domain/webhook.ts';
import { assertHoldsScopes, authorizedWebhook, loadWebhook, type WebhookFacts } from './load-webhook.ts';

export interface UpdateWebhook {
  readonly webhookId: string;
  readonly changes: WebhookChanges;
}

/**
 * Changes a webhook (REST contract 13.10). One that is switched on again continues at its
 * position.
 */
export const updateWebhook: Command<UpdateWebhook, WebhookFacts, WebhookRecord> = {
  name: 'update-webhook',

  load: (tx, { webhookId }, context) => loadWebhook(tx, webhookId, context),

  decide({ changes }, facts, context) {
    const before = authorizedWebhook(facts, context);
    const { state } = facts;
    const { actor, refuseInvalid } = context;
    const after = changeWebhook(before, changes);
    refuseInvalid(hasSameScopes(before, after) ? {} : cannotGrant(scopesBeyond(state, actor, after.scopes)));
    if (changesReceiver(before, after)) assertHoldsScopes(state, actor, before);
    const logged = updated('webhook', before, after);
    const audit = logged.length === 0 ? [] : [webhookEvent('webhook.edit', after, 'edited', webhookEdits(before, after))];
    return { changes: logged, audit, result: after };
  },

  async persistSideEffects(tx, { result: after }, { orgId }, { webhook }) {
    const before = webhook!;
    const ref = { orgId, recordId: after.id };
    if (after.status !== before.status) await setConsumerActive(tx, ref, 'webhook', after.status === 'active');
    if (after.url !== before.url) await setConsumerHost(tx, ref, 'webhook', hostOfWebhook(after));
  },
};
