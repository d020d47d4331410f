import assert from 'node:assert/strict';
import { removeIntegration } from '../../../../../server/src/features/integrations/commands/remove-integration.ts';
import { actorFor, aMember, anIntegrationRecord, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

describe('remove-integration', () => {
  const organization = anOrganization();
  const [admin, plain] = [aMember({ orgRole: 'admin' }), aMember()];
  const integration = anIntegrationRecord();
  const state = aState(organization, { members: [admin, plain] });
  const remove = (member: typeof admin, found: typeof integration | null) =>
    removeIntegration.decide(
      { integrationId: integration.id },
      { state, integration: found },
      commandContext({ orgId: organization.id, actor: actorFor(member), now }),
    );

  it('[13.12] removes the record, for callers who manage integrations', () => {
    const { changes, audit } = remove(admin, integration);
    assert.deepEqual([changes[0]?.before, changes[0]?.after, audit?.[0]?.event], [integration, null, 'integration.remove']);
    assert.throws(() => remove(plain, integration), { code: 'forbidden' });
    assert.throws(() => remove(admin, null), { code: 'not-found' });
  });
});
