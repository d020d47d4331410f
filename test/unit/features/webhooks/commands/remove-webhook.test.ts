import assert from 'node:assert/strict';
import { removeWebhook } from '../../../../../server/src/features/webhooks/commands/remove-webhook.ts';
import { actorFor, aMember, anOrganization, aState, aWebhookRecord, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

describe('remove-webhook', () => {
  const organization = anOrganization();
  const [owner, plain] = [aMember({ orgRole: 'owner' }), aMember()];
  const webhook = aWebhookRecord();
  const facts = { state: aState(organization, { members: [owner, plain] }), webhook };
  const contextOf = (member: typeof owner) => commandContext({ orgId: organization.id, actor: actorFor(member), now });

  it('[13.10] removes the record, for callers who manage webhooks', () => {
    const { changes, audit } = removeWebhook.decide({ webhookId: webhook.id }, facts, contextOf(owner));
    assert.deepEqual([changes[0]?.before, changes[0]?.after, audit?.[0]?.event], [webhook, null, 'webhook.remove']);
    assert.throws(() => removeWebhook.decide({ webhookId: webhook.id }, facts, contextOf(plain)), { code: 'forbidden' });
  });
});
