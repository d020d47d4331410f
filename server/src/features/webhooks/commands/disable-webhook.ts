import { setConsumerActive } from '../../../consumers/checkpoints.ts';
import type { Tx } from '../../../database/database.ts';
import { updated } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadOwnerAddresses } from '../../../write-path/commands/mail-recipients.ts';
import { webhookEvent } from '../domain/webhook.ts';
import { authorizedWebhook, loadWebhook, type WebhookFacts } from './load-webhook.ts';

export interface DisableWebhook {
  /** The id of the webhook. */
  readonly webhook: string;
  readonly reason: string;
  /** Whether the delivery that failed still has its claim. Without it, nothing changes. */
  readonly holdsClaim: (tx: Tx) => Promise<boolean>;
}

interface Facts extends WebhookFacts {
  readonly isHeld: boolean;
  readonly ownerAddresses: readonly string[];
}

/**
 * Disables a webhook that can't be delivered to, and mails the owners (REST contract 13.10). The
 * server runs it. If several instances run it at once, the later ones find it disabled. Its
 * position in the log stays.
 */
export const disableWebhook: Command<DisableWebhook, Facts, null> = {
  name: 'disable-webhook',

  async load(tx, { webhook, holdsClaim }, context) {
    const [facts, isHeld, ownerAddresses] = await Promise.all([
      loadWebhook(tx, webhook, context),
      holdsClaim(tx),
      loadOwnerAddresses(tx, context.orgId),
    ]);
    return { ...facts, isHeld, ownerAddresses };
  },

  decide({ reason }, facts, context) {
    const before = authorizedWebhook(facts, context);
    if (before.status === 'disabled' || !facts.isHeld) return { changes: [], result: null };
    const { name: orgName, slug: orgSlug } = facts.state.organization!;
    const params = { orgName, orgSlug, host: new URL(before.url).host, reason };
    return {
      changes: updated('webhook', before, { ...before, status: 'disabled', disabledReason: reason }),
      audit: [webhookEvent('webhook.edit', before, 'disabled', { status: 'from active to disabled', reason })],
      mails: facts.ownerAddresses.map((to) => ({ template: 'webhook-disabled', params, to, about: context.orgId })),
      result: null,
    };
  },

  async persistSideEffects(tx, { changes }, { orgId }, { webhook }) {
    if (changes.length > 0) await setConsumerActive(tx, { orgId, recordId: webhook!.id }, 'webhook', false);
  },
};
