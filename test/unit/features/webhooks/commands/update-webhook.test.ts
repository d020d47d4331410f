import assert from 'node:assert/strict';
import type { WebhookRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { updateWebhook } from '../../../../../server/src/features/webhooks/commands/update-webhook.ts';
import type { WebhookChanges } from '../../../../../server/src/features/webhooks/domain/webhook.ts';
import { actorFor, aMember, anOrganization, aState, aWebhookRecord, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const [owner, admin] = [aMember({ orgRole: 'owner' }), aMember({ orgRole: 'admin' })];
const state = aState(organization, { members: [owner, admin] });

function update(actor: Actor, webhook: WebhookRecord | null, changes: WebhookChanges) {
  return updateWebhook.decide({ webhookId: '1', changes }, { state, webhook }, commandContext({ orgId: organization.id, actor, now }));
}

describe('update-webhook', () => {
  const strong = aWebhookRecord({ scopes: ['org:write'] });

  it('[W3] changes nothing if the values are the same', () => {
    const { changes, audit } = update(actorFor(owner), strong, { url: strong.url, eventTypes: [] });
    assert.deepEqual([changes, audit], [[], []]);
  });

  it('[S-51] refuses to redirect a webhook with scopes that the caller lacks', () => {
    const forbidden = { code: 'forbidden', message: /you need its scopes: org:write\.$/ };
    assert.throws(() => update(actorFor(admin), strong, { url: 'https://evil.example.com/' }), forbidden);
    assert.throws(() => update(actorFor(admin), strong, { scopes: ['team:read'] }), forbidden);
    assert.equal(update(actorFor(admin), strong, { description: 'Chat' }).result.description, 'Chat');
    assert.throws(() => update(actorFor(admin), aWebhookRecord(), { scopes: ['org:write'] }), { code: 'invalid' });
  });

  it('[13.10] forgets the reason when a person switches it on or off', () => {
    const failed = aWebhookRecord({ status: 'disabled', disabledReason: 'gone' });
    const { result, audit } = update(actorFor(owner), failed, { status: 'active' });
    assert.deepEqual([result.status, result.disabledReason], ['active', null]);
    assert.equal(audit?.[0]?.data.status, 'from disabled to active');
    assert.equal(update(actorFor(owner), failed, { description: 'Chat' }).result.disabledReason, 'gone');
  });

  it('refuses a webhook that the organization lacks', () => {
    assert.throws(() => update(actorFor(owner), null, {}), { code: 'not-found' });
  });
});
