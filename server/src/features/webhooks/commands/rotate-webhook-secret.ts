import type { WebhookRecord } from '@rollcall/protocol';
import { updated } from '../../../domain/changes.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import type { Command } from '../../../write-path/command.ts';
import { webhookEvent } from '../domain/webhook.ts';
import { assertHoldsScopes, authorizedWebhook, loadWebhook, type WebhookFacts } from './load-webhook.ts';
import { readWebhookSecret, replaceWebhookSecret, webhookSecretOwner } from './webhook-secret.ts';

export interface RotateWebhookSecret {
  readonly webhookId: string;
  readonly secret: string;
  /** The server's SECRET. */
  readonly key: KeyRing;
}

interface Facts extends WebhookFacts {
  readonly current: string | null;
  readonly input: RotateWebhookSecret;
}

/** Gives a webhook a new secret. The previous one also signs for 24 hours (REST contract 13.10). */
export const rotateWebhookSecret: Command<RotateWebhookSecret, Facts, WebhookRecord> = {
  name: 'rotate-webhook-secret',

  async load(tx, input, context) {
    const owner = webhookSecretOwner(context.orgId, input.webhookId);
    const [facts, current] = await Promise.all([loadWebhook(tx, input.webhookId, context), readWebhookSecret(tx, input.key, owner)]);
    return { ...facts, current, input };
  },

  decide(_input, facts, context) {
    const before = authorizedWebhook(facts, context);
    assertHoldsScopes(facts.state, context.actor, before);
    const after = { ...before, secretChangedAt: context.now };
    const audit = [webhookEvent('webhook.edit', after, 'rotated the secret of', { secret: 'rotated' })];
    return { changes: updated('webhook', before, after), audit, result: after };
  },

  async persistSideEffects(tx, { result: { id } }, { orgId, now }, { current, input: { key, secret } }) {
    await replaceWebhookSecret(tx, key, webhookSecretOwner(orgId, id), { current, next: secret, now });
  },
};
