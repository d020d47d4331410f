import assert from 'node:assert/strict';
import type { LogChange } from '@rollcall/protocol';
import { externalIdChanges, movedUsers } from '../../../../server/src/domain/members/derived-external-ids.ts';
import { aMember, anInvite } from '../../client-sdk/records.ts';

const member = (id: string, userId: string) => {
  const { record } = aMember(id);
  return { ...record, user: { ...(record.user as object), id: userId } };
};
const change = (id: string, before: LogChange['before'], after: LogChange['after']): LogChange => ({ kind: 'member', id, before, after });

describe('the external ids of the users of members', () => {
  it('external ids are added for users who join or accept an invite, and removed for users who leave', () => {
    const joined = change('1', null, member('1', '11'));
    const accepted = change('2', anInvite('2').record, member('2', '12'));
    const left = change('3', member('3', '13'), null);
    assert.deepEqual(movedUsers([joined, accepted, left]), { joined: ['11', '12'], left: ['13'] });
  });

  it('external ids stay as they are when a member gets another role, and for a user who is removed and added in one revision', () => {
    assert.equal(movedUsers([change('1', member('1', '11'), { ...member('1', '11'), orgRole: 'owner' })]), null);
    assert.equal(movedUsers([change('1', member('1', '11'), null), change('2', null, member('2', '11'))]), null);
    assert.equal(movedUsers([change('1', null, anInvite('1').record)]), null);
  });

  it('external ids change only where the stored record differs', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id, externalId: `${id}-1` }));
    const newB = { id: 'b', externalId: 'b-2' };
    const d = { id: 'd', externalId: 'd-1' };
    assert.deepEqual(externalIdChanges([a!, b!, c!], [a!, newB, d]), [
      { kind: 'external-id', id: 'c', before: c, after: null },
      { kind: 'external-id', id: 'b', before: b, after: newB },
      { kind: 'external-id', id: 'd', before: null, after: d },
    ]);
  });
});
