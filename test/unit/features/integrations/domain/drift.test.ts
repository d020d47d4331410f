import assert from 'node:assert/strict';
import { driftOf } from '../../../../../server/src/features/integrations/domain/drift.ts';
import { aMember } from '../../../../support/numbered-builders.ts';

describe('the drift of a directory', () => {
  const mapping = (memberId: string, externalName: string, externalId: string | null = null) => ({
    ...{ id: `5${memberId}`, provider: 'github' as const, integrationId: '40', memberId, externalName, externalId },
  });
  const people = [
    { id: 'p1', name: 'Ada' },
    { id: 'p2', name: 'bo' },
  ];

  it('[13.14] lists people without a mapping, and members without a person', () => {
    const members = ['1', '2', '3'].map((id) => aMember(id));
    const { thereNotHere, hereNotThere } = driftOf(people, members, [mapping('1', '@ada'), mapping('3', 'gone', 'p9')]);
    assert.deepEqual(thereNotHere, [people[1]]);
    assert.deepEqual(
      hereNotThere.map(({ member, externalName }) => [member.id, externalName]),
      [
        ['2', null],
        ['3', 'gone'],
      ],
    );
  });

  it('[13.14] counts invites and deactivated members as absent on both sides', () => {
    const members = [aMember('1', { user: null }), aMember('2', { inviteStatus: 'requested_to_join' })];
    assert.deepEqual(driftOf(people, members, []).hereNotThere, []);
  });

  it('[S-53] a member with several mappings is at the provider if one of the mapped people is', () => {
    const mappings = [mapping('1', 'gone', 'p9'), { ...mapping('1', 'ada', 'p1'), id: '60' }];
    assert.deepEqual(driftOf(people, [aMember('1')], mappings).hereNotThere, []);
  });
});
