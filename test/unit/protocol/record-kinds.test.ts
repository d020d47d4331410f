import assert from 'node:assert/strict';
import {
  collections,
  kindsInLoadOrder,
  kindsInOrder,
  kindsWithPersons,
  personFactsOf,
  recordKinds,
  restoredKinds,
  unitFacts,
  units,
} from '../../../protocol/src/index.ts';

describe('the kinds of records', () => {
  it('[R6] keep the bit of each unit, because cursors contain it', () => {
    assert.deepEqual(
      [...units],
      [
        'organization',
        'member',
        'invite',
        'team',
        'team-member',
        'project',
        'project-team',
        'auth-token',
        'audit-entry',
        'project-key',
        'join-request',
        'access-request',
        'project-settings',
        'auth-provider',
        'ip-allow-list',
        'verified-domain',
        'webhook',
        'integration',
        'external-user',
        'external-team',
        'retention',
        'user-external-id',
        'organization-external-id',
      ],
      'append a new unit: another order would change the meaning of the audiences in old cursors',
    );
    assert.deepEqual(
      units.map((unit) => unitFacts[unit].bit),
      units.map((_unit, index) => index),
    );
  });

  it('have their parents before them', () => {
    for (const [index, kind] of kindsInOrder.entries()) {
      const parents: readonly string[] = recordKinds[kind].parents;
      assert.deepEqual(
        parents.filter((parent) => !kindsInOrder.slice(0, index).some((earlier) => earlier === parent)),
        [],
        `${kind} comes before a parent of it`,
      );
    }
  });

  it('load each kind once, and the largest kinds last', () => {
    assert.deepEqual([...kindsInLoadOrder, 'organization'].sort(), [...kindsInOrder].sort());
    assert.deepEqual(kindsInLoadOrder.slice(-3), ['member', 'team-member', 'external-id']);
  });

  it('use every collection', () => {
    assert.deepEqual([...new Set(units.map((unit) => unitFacts[unit].collection))].sort(), [...collections].sort());
  });

  it('[13.17] name an id beside each name of a person, and the parents of what an import restores', () => {
    for (const kind of kindsWithPersons) {
      for (const { userIds = [], memberIds = [] } of personFactsOf(kind).people) assert.ok(userIds.length + memberIds.length > 0, kind);
    }
    assert.deepEqual(kindsWithPersons, ['member', 'audit-entry', 'external-user', 'external-id']);
    for (const kind of restoredKinds) {
      const parents: readonly string[] = recordKinds[kind].parents;
      assert.deepEqual(
        parents.filter((parent) => !restoredKinds.some((restored) => restored === parent)),
        [],
        kind,
      );
    }
  });
});
