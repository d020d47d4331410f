import assert from 'node:assert/strict';
import type { Actor } from '../../../../../server/src/domain/actor.ts';
import { type MapExternalUser, mapExternalUser } from '../../../../../server/src/features/integrations/commands/map-external-user.ts';
import {
  actorFor,
  aMember,
  anExternalUser,
  anIntegrationRecord,
  anOrganization,
  anOrgToken,
  aState,
  now,
} from '../../../../support/builders.ts';
import { commandContext } from '../../../../support/command-context.ts';

const organization = anOrganization();
const [owner, admin, member] = [aMember({ orgRole: 'owner' }), aMember({ orgRole: 'admin' }), aMember()];
const state = aState(organization, { members: [owner, admin, member] });
const integration = anIntegrationRecord();
type Facts = Parameters<typeof mapExternalUser.decide>[1];
const facts: Facts = { state, mapping: null, integration, others: [], members: [member], id: '40' };
const input: MapExternalUser = {
  mappingId: null,
  integrationId: integration.id,
  provider: 'slack',
  userId: member.user!.id,
  externalName: 'jo',
  externalId: 'U1',
  isConfirmed: false,
};

function map(actor: Actor, changed: Partial<Facts> = {}, given: Partial<MapExternalUser> = {}) {
  return mapExternalUser.decide({ ...input, ...given }, { ...facts, ...changed }, commandContext({ orgId: organization.id, actor, now }));
}

describe('map-external-user', () => {
  it('[13.13] lets members map themselves in a session, and owners map anyone', () => {
    for (const actor of [actorFor(member), actorFor(owner), anOrgToken(organization, ['org:admin'])]) {
      assert.deepEqual(map(actor).result, {
        id: '40',
        provider: 'slack',
        integrationId: integration.id,
        memberId: member.id,
        externalName: 'jo',
        externalId: 'U1',
      });
    }
  });

  it('[S-54] refuses other callers, who could otherwise act as the member at the provider', () => {
    for (const actor of [actorFor(admin), actorFor(member, ['org:read', 'member:admin'])])
      assert.throws(() => map(actor), { code: 'forbidden' });
    const mapping = anExternalUser(integration, owner);
    const taken = () => map(actorFor(member), { mapping, members: [owner, member] }, { mappingId: mapping.id });
    assert.throws(taken, { code: 'forbidden' }, 'a member took over the mapping of an owner');
  });

  it('[13.13] maps a person at the provider to one member only', () => {
    const others = [{ ...anExternalUser(integration, owner, 'jo'), externalId: null }];
    assert.throws(() => map(actorFor(owner), { others }), { code: 'already-exists' });
    const sameId = [{ ...others[0]!, externalName: 'another', externalId: 'U1' }];
    assert.throws(() => map(actorFor(owner), { others: sameId }), { code: 'already-exists' });
    const formerOwner = [{ ...others[0]!, externalId: 'U0' }];
    assert.equal(map(actorFor(owner), { others: formerOwner }).result.externalName, 'jo', 'a login could not be used again');
    assert.throws(() => map(actorFor(owner), { others: formerOwner }, { externalId: null }), { code: 'already-exists' });
  });

  it('[13.13] [S-53] lets members map themselves once per integration, and change that mapping', () => {
    const own = { ...anExternalUser(integration, member, 'jo'), externalId: 'U1' };
    const more = { externalName: 'the owner', externalId: 'U2' };
    const another = { code: 'invalid', message: /already mapped to a person in this integration/ };
    assert.throws(() => map(actorFor(member), { others: [own] }, more), another);
    assert.throws(() => map(actorFor(member), { others: [own] }), { code: 'already-exists' }, 'a repeated request got another error');
    const changed = map(actorFor(member), { mapping: own, others: [own], members: [member, member] }, { ...more, mappingId: own.id });
    assert.deepEqual([changed.result.id, changed.result.externalId], [own.id, 'U2']);
    const elsewhere = { ...anExternalUser(anIntegrationRecord(), member, 'joanna'), externalId: 'U3' };
    const moved = { mapping: elsewhere, others: [own], members: [member, member] };
    assert.throws(() => map(actorFor(member), moved, { ...more, mappingId: elsewhere.id }), another);
    for (const actor of [actorFor(owner), anOrgToken(organization, ['org:admin'])])
      assert.equal(map(actor, { others: [own] }, more).result.externalId, 'U2');
    assert.equal(map(actorFor(member), { others: [own] }, { ...more, isConfirmed: true }).result.externalId, 'U2');
  });

  it('[13.13] refuses an unknown integration, and users who are not members', () => {
    const unknown = { body: { integrationId: ['This integration does not exist.'] } };
    assert.throws(() => map(actorFor(owner), { integration: null }), unknown);
    assert.throws(() => map(actorFor(owner), {}, { provider: 'github' }), unknown);
    assert.throws(() => map(actorFor(owner), { members: [] }), { body: { userId: ['This user is not a member.'] } });
  });

  it('[13.13] forgets the id of a person who is mapped to another integration', () => {
    const mapping = { ...anExternalUser(integration, owner), externalId: 'U1' };
    const other = anIntegrationRecord();
    const { externalId: _, ...given } = { ...input, mappingId: mapping.id, integrationId: other.id, userId: null };
    const moved = mapExternalUser.decide(
      given,
      { ...facts, mapping, integration: other, members: [owner] },
      commandContext({ orgId: organization.id, actor: actorFor(owner), now }),
    );
    assert.deepEqual([moved.result.integrationId, moved.result.externalId], [other.id, null]);
  });
});
