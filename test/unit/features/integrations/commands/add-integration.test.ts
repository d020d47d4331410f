import assert from 'node:assert/strict';
import type { IntegrationRecord } from '@rollcall/protocol';
import { addIntegration } from '../../../../../server/src/features/integrations/commands/add-integration.ts';
import { KeyRing } from '../../../../../server/src/runtime/secrets/key-ring.ts';
import { actorFor, aMember, anIntegrationRecord, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const [admin, plain] = [aMember({ orgRole: 'admin' }), aMember()];
const state = aState(organization, { members: [admin, plain] });
const secrets = { key: new KeyRing('key'), byName: { 'bot-token': 'xoxb-secret' } };

function add(member: typeof admin, integrations: readonly IntegrationRecord[], externalId = 'T1') {
  const input = {
    provider: 'slack' as const,
    name: 'Acme',
    domainName: 'acme.slack.com',
    externalId,
    config: {},
    secrets,
    confirmedAfter: null,
  };
  return addIntegration.decide(
    input,
    { state, integrations, id: '40', secrets, confirmedAfter: null },
    commandContext({ orgId: organization.id, actor: actorFor(member), now }),
  );
}

describe('add-integration', () => {
  it('[S-51] adds an active integration without its secrets', () => {
    const { changes, audit, result } = add(admin, []);
    assert.deepEqual([result.status, result.createdBy], ['active', admin.user!.id]);
    assert.ok(!JSON.stringify([changes, audit]).includes('xoxb-secret'));
  });

  it('[13.12] activates a connected integration again, with its settings', () => {
    const connected = anIntegrationRecord({ externalId: 'T1', status: 'disabled', disabledReason: 'Slack removed the connection' });
    const { changes, result } = add(admin, [connected]);
    assert.equal(changes.length, 1);
    assert.deepEqual(result, { ...connected, name: 'Acme', domainName: 'acme.slack.com', status: 'active', disabledReason: null });
  });

  it('[13.12] refuses members, and the 21st integration', () => {
    assert.throws(() => add(plain, []), { code: 'forbidden' });
    const twenty = Array.from({ length: 20 }, () => anIntegrationRecord());
    assert.throws(() => add(admin, twenty), { message: 'An organization has at most 20 integrations.' });
    assert.equal(add(admin, twenty, twenty[0]!.externalId).changes.length, 1);
  });
});
