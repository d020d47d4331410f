import assert from 'node:assert/strict';
import type { LogEntry } from '../../../../protocol/src/index.ts';
import { EntryRing } from '../../../../server/src/read-path/feed/entry-ring.ts';

function anEntry(revision: number, changes: number): LogEntry {
  const change = { kind: 'team', id: '1', before: null, after: null };
  const entry = { orgId: '1', revision, command: 'import-changes', actor: 'operator', requestId: null };
  return { ...entry, changes: Array.from({ length: changes }, () => change) };
}

describe('the ring of a feed', () => {
  it('counts the changes of the entries that it keeps, without those that were trimmed', () => {
    const ring = new EntryRing(0, '');
    for (let revision = 1; revision <= 1_001; revision++) ring.push(anEntry(revision, 2), '');
    assert.deepEqual([ring.size, ring.changeCount], [1_001, 2_002]);
    for (let revision = 1_002; revision <= 2_001; revision++) ring.push(anEntry(revision, 3), '');
    ring.trim();
    assert.deepEqual([ring.size, ring.changeCount], [1_000, 3_000]);
    assert.equal(ring.reaches(1_000), false);
  });
});
