import assert from 'node:assert/strict';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { unmapExternal } from '../../../../../server/src/features/integrations/commands/unmap-external.ts';
import { actorFor, aMember, anExternalUser, anIntegrationRecord, anOrganization, aState, now } from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

describe('unmap-external', () => {
  const organization = anOrganization();
  const [admin, member, other] = [aMember({ orgRole: 'admin' }), aMember(), aMember()];
  const integration = anIntegrationRecord();
  const user = anExternalUser(integration, member);
  const state = aState(organization, { members: [admin, member, other] });
  const unmap = (actor: Actor, found: typeof user | null = user) =>
    unmapExternal.decide(
      { kind: 'external-user', mappingId: user.id },
      { state, user: found, team: null, integration: found && integration, member: found && member },
      commandContext({ orgId: organization.id, actor, now }),
    );

  it('[13.13] lets members remove their own mapping, and admins any', () => {
    for (const actor of [actorFor(member), actorFor(admin)]) assert.deepEqual(unmap(actor).changes[0]?.before, user);
  });

  it('[13.13] refuses other members and tokens of the member, and a mapping that does not exist', () => {
    for (const actor of [actorFor(other), actorFor(member, ['member:admin'])]) assert.throws(() => unmap(actor), { code: 'forbidden' });
    assert.throws(() => unmap(actorFor(admin), null), { code: 'not-found' });
  });
});
