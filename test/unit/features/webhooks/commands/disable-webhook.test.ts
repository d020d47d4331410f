import assert from 'node:assert/strict';
import type { WebhookRecord } from '@rollcall/protocol';
import { disableWebhook } from '../../../../../server/src/features/webhooks/commands/disable-webhook.ts';
import { anOrganization, aState, aWebhookRecord, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();

function disable(webhook: WebhookRecord, isHeld = true) {
  const facts = { state: aState(organization), webhook, isHeld, ownerAddresses: ['owner@example.com'] };
  return disableWebhook.decide(
    { webhook: webhook.id, reason: 'gone', holdsClaim: async () => isHeld },
    facts,
    commandContext({ orgId: organization.id, actor: { kind: 'system' }, now }),
  );
}

describe('disable-webhook', () => {
  it('[13.10] states the reason, and mails it to the owners, who get a digest of many', () => {
    const { changes, mails } = disable(aWebhookRecord());
    assert.deepEqual(
      changes.map(({ after }) => after),
      [{ ...changes[0]!.before!, status: 'disabled', disabledReason: 'gone' }],
    );
    const params = { orgName: organization.name, orgSlug: organization.slug, host: 'receiver.example.com', reason: 'gone' };
    assert.deepEqual(mails, [{ template: 'webhook-disabled', params, to: 'owner@example.com', about: organization.id }]);
  });

  it('[W3] changes nothing and sends no mail if it is disabled', () => {
    assert.deepEqual(disable(aWebhookRecord({ status: 'disabled' })), { changes: [], result: null });
  });

  it('[13.10] changes nothing if the delivery that failed lost its claim', () => {
    assert.deepEqual(disable(aWebhookRecord(), false), { changes: [], result: null });
  });
});
