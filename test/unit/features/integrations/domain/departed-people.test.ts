import assert from 'node:assert/strict';
import { departedPeople, membersToRemove } from '../../../../../server/src/features/integrations/domain/departed-people.ts';
import { aMember } from '../../../../support/numbered-builders.ts';

const person = (id: string) => ({ id, name: `person-${id}` });
const mapping = (memberId: string, externalId: string | null) => ({
  ...{ id: `5${memberId}${externalId}`, provider: 'github' as const, integrationId: '40', memberId, externalName: 'name', externalId },
});

describe('the removal of members whose people left a provider', () => {
  it('[13.14] concerns people of the previous reading, and people who waited, unless they came back', () => {
    const previous = {
      name: 'acme',
      people: [person('1'), person('2')],
      groups: [],
      needsConfirmation: [],
      departed: [person('3'), person('4')],
    };
    assert.deepEqual(departedPeople(previous, [person('2'), person('4')]), [person('1'), person('3')]);
    assert.deepEqual(departedPeople(null, [person('2')]), []);
  });

  const owner = aMember('1', { orgRole: 'owner' });
  const remove = (members: ReturnType<typeof aMember>[], mappings: ReturnType<typeof mapping>[], keepers = [owner]) =>
    membersToRemove([person('p')], [person('other')], members, mappings, keepers).map(({ id }) => id);

  it('[13.14] concerns members who are mapped to them by id, and to no one who is still there', () => {
    const members = ['2', '3', '4', '5'].map((id) => aMember(id));
    const mappings = [mapping('2', 'p'), mapping('3', null), mapping('4', 'other'), mapping('5', 'p'), mapping('5', 'other')];
    assert.deepEqual(remove(members, mappings), ['2']);
  });

  it('[S-53] concerns members who are also mapped to someone who was never there, but none with a mapping by name', () => {
    const members = ['2', '3'].map((id) => aMember(id));
    const mappings = [mapping('2', 'p'), mapping('2', 'never'), mapping('3', 'p'), mapping('3', null)];
    assert.deepEqual(remove(members, mappings), ['2']);
  });

  it('[S-53] spares owners, and members whom an identity provider or a partnership manages', () => {
    const flags = aMember('2').flags;
    const members = [
      owner,
      aMember('2', { flags: { ...flags, 'idp:provisioned': true } }),
      aMember('3', { flags: { ...flags, 'partnership:restricted': true } }),
      aMember('4', { user: null }),
    ];
    assert.deepEqual(
      remove(
        members,
        ['1', '2', '3', '4'].map((id) => mapping(id, 'p')),
      ),
      [],
    );
  });

  it('[S-53] spares the last members who can administer the organization', () => {
    const [manager, plain] = [aMember('2', { orgRole: 'manager' }), aMember('3')];
    const mappings = [mapping('2', 'p'), mapping('3', 'p')];
    assert.deepEqual(remove([manager, plain], mappings, [manager]), ['3']);
    assert.deepEqual(remove([manager, plain], mappings, [manager, owner]), ['2', '3']);
  });
});
