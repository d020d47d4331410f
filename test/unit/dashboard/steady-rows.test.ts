import assert from 'node:assert/strict';
import { keepPlaces } from '../../../dashboard/src/kit/use-steady-rows.ts';
import { type MemberRow, rowsOf } from '../../../dashboard/src/pages/members/member-rows.ts';
import { aMember } from '../../support/builders.ts';

const [a, b, c, d] = rowsOf({ members: [aMember(), aMember(), aMember(), aMember()], invites: [], teams: [], teamMembers: [] });
const before = [a!, b!, c!].map((row) => ({ row, isGone: false }));
const ids = (rows: ReturnType<typeof keepPlaces<MemberRow>>) => rows.map(({ row, isGone }) => `${row.member.id}${isGone ? ' gone' : ''}`);

describe('rows that somebody points at', () => {
  it('stay where they are, whatever order they would have now', () => {
    assert.deepEqual(ids(keepPlaces(before, [c!, a!, b!], new Set())), ids(before));
  });

  it('keep the place of one that somebody else removed, and put a new one at the end', () => {
    assert.deepEqual(ids(keepPlaces(before, [d!, a!, c!], new Set())), [a!.member.id, `${b!.member.id} gone`, c!.member.id, d!.member.id]);
  });

  it('close up for one that I removed myself', () => {
    assert.deepEqual(ids(keepPlaces(before, [a!, c!], new Set([b!.member.id]))), [a!.member.id, c!.member.id]);
  });
});
