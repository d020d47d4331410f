import assert from 'node:assert/strict';
import { orgRoles, type Scope } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { createWebhook } from '../../../../../server/src/features/webhooks/commands/create-webhook.ts';
import { KeyRing } from '../../../../../server/src/runtime/secrets/key-ring.ts';
import { actorFor, aMember, anOrganization, anOrgToken, aState, aWebhookRecord, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const [owner, admin, plain] = [aMember({ orgRole: 'owner' }), aMember({ orgRole: 'admin' }), aMember()];
const state = aState(organization, { members: [owner, admin, plain] });

function create(actor: Actor, scopes: readonly Scope[] | null, count = 0) {
  const input = {
    url: 'https://receiver.example.com/?key=hidden',
    description: '',
    eventTypes: [],
    scopes,
    secret: 'whsec_1',
    key: new KeyRing('key'),
  };
  const webhooks = Array.from({ length: count }, () => aWebhookRecord());
  return createWebhook.decide(input, { state, webhooks, newId: '40', input }, commandContext({ orgId: organization.id, actor, now }));
}

describe('create-webhook', () => {
  it('[13.10] gives the scopes of a manager that the creator has', () => {
    assert.deepEqual(create(actorFor(owner), null).result.scopes, orgRoles.manager.scopes);
    const ofAdmin = create(actorFor(admin), null).result.scopes;
    assert.ok(ofAdmin.includes('org:integrations') && !ofAdmin.includes('org:write'));
    assert.deepEqual(create(actorFor(owner, ['org:integrations', 'team:read']), null).result.scopes.toSorted(), [
      'org:integrations',
      'team:read',
    ]);
  });

  it('[S-51] grants no scope that the creator lacks by role or by token', () => {
    const refused = { body: { scopes: ['You do not have permission to grant: org:write.'] } };
    assert.throws(() => create(actorFor(admin), ['team:read', 'org:write']), refused);
    assert.throws(() => create(anOrgToken(organization, ['org:integrations']), ['org:write']), refused);
  });

  it('[S-51] shows neither the secret nor the URL in the record of the audit log', () => {
    const { changes, audit } = create(actorFor(owner), null);
    assert.ok(!JSON.stringify(changes).includes('whsec_1'));
    assert.ok(!JSON.stringify(audit).includes('hidden'));
  });

  it('[13.10] refuses members, and the 21st webhook', () => {
    assert.throws(() => create(actorFor(plain), null), { code: 'forbidden' });
    assert.equal(create(actorFor(owner), null, 19).changes.length, 1);
    assert.throws(() => create(actorFor(owner), null, 20), { message: 'An organization has at most 20 webhooks.' });
  });
});
