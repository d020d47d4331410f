import assert from 'node:assert/strict';
import { type MemberRow, rowsOf } from '../../../react/src/member-rows.ts';
import { keepPositions, nextRows } from '../../../react/src/parts/use-steady-rows.ts';
import { aMember } from '../../support/builders.ts';

const [a, b, c, d] = rowsOf({ members: [aMember(), aMember(), aMember(), aMember()], invites: [], teams: [], teamMembers: [] });
const before = [a!, b!, c!].map((row) => ({ id: row.id, row, isGone: false }));
const ids = (rows: ReturnType<typeof keepPositions<MemberRow>>) =>
  rows.map(({ row, isGone }) => `${row.member.id}${isGone ? ' gone' : ''}`);

describe('table rows under the pointer', () => {
  it('keep their positions if the sort order changes', () => {
    assert.deepEqual(ids(keepPositions(before, [c!, a!, b!], new Set())), ids(before));
  });

  it('keep an empty row for a row that another user removed, and append new rows', () => {
    assert.deepEqual(ids(keepPositions(before, [d!, a!, c!], new Set())), [
      a!.member.id,
      `${b!.member.id} gone`,
      c!.member.id,
      d!.member.id,
    ]);
  });

  it('leave no gap for a row that the viewer removed', () => {
    assert.deepEqual(ids(keepPositions(before, [a!, c!], new Set([b!.member.id]))), [a!.member.id, c!.member.id]);
  });
});

describe('table rows', () => {
  const none: ReadonlySet<string> = new Set();
  const found = [a!, b!, c!];
  const first = nextRows(null, found, 'by name', false, none);

  it('stay the same array while nothing changes, with and without a pointer', () => {
    assert.equal(nextRows(first, found, 'by name', false, none), first);
    assert.equal(nextRows(first, found, 'by name', true, none), first);
  });

  it('move when the pointer leaves the table, or when the search changes', () => {
    const frozen = nextRows(first, [c!, a!], 'by name', true, none);
    assert.deepEqual(ids(frozen.rows), [a!.member.id, `${b!.member.id} gone`, c!.member.id]);
    assert.equal(nextRows(frozen, frozen.found, 'by name', true, none), frozen);
    assert.deepEqual(ids(nextRows(frozen, frozen.found, 'by name', false, none).rows), [c!.member.id, a!.member.id]);
    assert.deepEqual(ids(nextRows(frozen, frozen.found, 'by role', true, none).rows), [c!.member.id, a!.member.id]);
  });

  it('leave out a hidden row, and show it again after an undo', () => {
    const hidden = nextRows(first, found, 'by name', true, new Set([b!.id]));
    assert.deepEqual(ids(hidden.rows), [a!.member.id, c!.member.id]);
    assert.deepEqual(ids(nextRows(hidden, found, 'by name', false, none).rows), ids(first.rows));
  });
});
