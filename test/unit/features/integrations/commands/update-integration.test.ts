import assert from 'node:assert/strict';
import type { IntegrationRecord } from '@rollcall/protocol';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { type UpdateIntegration, updateIntegration } from '../../../../../server/src/features/integrations/commands/update-integration.ts';
import { actorFor, aMember, anIntegrationRecord, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const [admin, plain] = [aMember({ orgRole: 'admin' }), aMember()];
const state = aState(organization, { members: [admin, plain] });

function update(
  actor: Actor,
  integration: IntegrationRecord,
  changes: UpdateIntegration['changes'],
  disabledReason: string | null = null,
  isHeld = true,
) {
  return updateIntegration.decide(
    { integrationId: integration.id, changes, disabledReason },
    { state, integration, isHeld, ownerAddresses: ['owner@example.com'] },
    commandContext({ orgId: organization.id, actor, now }),
  );
}

describe('update-integration', () => {
  const integration = anIntegrationRecord();

  it('[13.12] changes the given settings only, and nothing without a difference', () => {
    const { result, audit, mails } = update(actorFor(admin), integration, { config: { eventTypes: ['team.*'] } });
    assert.deepEqual(result.config, { eventTypes: ['team.*'], channels: ['C1'] });
    assert.deepEqual([audit?.[0]?.event, mails], ['integration.edit', []]);
    const unchanged = update(actorFor(admin), integration, { config: { channels: ['C1'] } });
    assert.deepEqual([unchanged.changes, unchanged.audit], [[], []]);
  });

  it('[13.12] states why the server disabled it, and mails the owners once', () => {
    const reason = 'Slack removed the connection';
    const { result, audit, mails } = update({ kind: 'system' }, integration, { status: 'disabled' }, reason);
    assert.deepEqual([result.disabledReason, audit?.[0]?.event, mails?.length], [reason, 'integration.disable', 1]);
    const again = update({ kind: 'system' }, result, { status: 'disabled' }, 'another reason');
    assert.deepEqual([again.changes, again.mails, again.result.disabledReason], [[], [], reason]);
    assert.equal(update(actorFor(admin), result, { status: 'active' }).result.disabledReason, null);
  });

  it('[13.12] refuses members', () => {
    assert.throws(() => update(actorFor(plain), integration, { name: 'Mine' }), { code: 'forbidden' });
  });

  it('[13.12] changes nothing for a reading whose claim has ended', () => {
    const { changes, mails = [] } = update({ kind: 'system' }, integration, { status: 'disabled' }, 'gone', false);
    assert.deepEqual([changes, mails], [[], []]);
  });
});
