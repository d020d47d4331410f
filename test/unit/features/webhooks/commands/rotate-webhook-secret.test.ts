import assert from 'node:assert/strict';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { rotateWebhookSecret } from '../../../../../server/src/features/webhooks/commands/rotate-webhook-secret.ts';
import { KeyRing } from '../../../../../server/src/runtime/secrets/key-ring.ts';
import { actorFor, aMember, anOrganization, aState, aWebhookRecord, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const [owner, admin] = [aMember({ orgRole: 'owner' }), aMember({ orgRole: 'admin' })];
const state = aState(organization, { members: [owner, admin] });

function rotate(actor: Actor) {
  const webhook = aWebhookRecord({ scopes: ['org:write'], secretChangedAt: '2026-02-01T12:00:00.000000Z' });
  const input = { webhookId: webhook.id, secret: 'whsec_new', key: new KeyRing('key') };
  return rotateWebhookSecret.decide(
    input,
    { state, webhook, current: 'whsec_old', input },
    commandContext({ orgId: organization.id, actor, now }),
  );
}

describe('rotate-webhook-secret', () => {
  it('[S-51] records the time and neither secret', () => {
    const { changes, audit, result } = rotate(actorFor(owner));
    assert.equal(result.secretChangedAt, now);
    assert.doesNotMatch(JSON.stringify([changes, audit]), /whsec_/);
  });

  it('[S-51] refuses a caller who lacks a scope of the webhook', () => {
    assert.throws(() => rotate(actorFor(admin)), { code: 'forbidden' });
  });
});
