import assert from 'node:assert/strict';
import { newMemberFlags } from '../../../../protocol/src/index.ts';
import { type MemberRow, memberFromRow } from '../../../../server/src/database/records/records-read.ts';

const rowWith = (flags: Record<string, boolean>) => ({ id: '1', role: 'member', flags, invite_status: 'approved' }) as unknown as MemberRow;

describe('members that are read', () => {
  it('share one object if none of their flags is set, because it takes a sixth of their memory', () => {
    const [one, another] = [memberFromRow(rowWith({ ...newMemberFlags })), memberFromRow(rowWith({ ...newMemberFlags }))];
    assert.deepEqual(one!.flags, newMemberFlags);
    assert.equal(one!.flags, another!.flags);
  });

  it('have the flags of their row if one is set, or if a newer version added one', () => {
    for (const flags of [
      { ...newMemberFlags, 'sso:linked': true },
      { ...newMemberFlags, 'of a newer version': false },
    ]) {
      assert.deepEqual(memberFromRow(rowWith(flags)).flags, flags);
    }
  });
});
