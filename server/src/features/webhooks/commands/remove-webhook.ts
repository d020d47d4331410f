import { stopConsumer } from '../../../consumers/checkpoints.ts';
import { removeOrgSecrets } from '../../../database/organizations/org-secrets.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { webhookEvent } from '../domain/webhook.ts';
import { authorizedWebhook, loadWebhook, type WebhookFacts } from './load-webhook.ts';
import { webhookSecretOwner } from './webhook-secret.ts';

/** Removes a webhook with its secrets (REST contract 13.10). */
export const removeWebhook: Command<{ readonly webhookId: string }, WebhookFacts, null> = {
  name: 'remove-webhook',

  load: (tx, { webhookId }, context) => loadWebhook(tx, webhookId, context),

  decide(_input, facts, context) {
    const webhook = authorizedWebhook(facts, context);
    return { changes: [removed('webhook', webhook)], audit: [webhookEvent('webhook.remove', webhook, 'removed')], result: null };
  },

  async persistSideEffects(tx, _decision, { orgId }, { webhook }) {
    const { id } = webhook!;
    await Promise.all([removeOrgSecrets(tx, webhookSecretOwner(orgId, id)), stopConsumer(tx, { orgId, recordId: id }, 'webhook')]);
  },
};
