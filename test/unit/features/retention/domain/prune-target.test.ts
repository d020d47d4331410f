import assert from 'node:assert/strict';
import {
  lateOutlets,
  type OutletPosition,
  type PruneFacts,
  pruneTarget,
} from '../../../../../server/src/features/retention/domain/prune-target.ts';

const facts = (fields: Partial<PruneFacts> = {}): PruneFacts => ({
  floorRevision: 1_000,
  headRevision: 10_000,
  agedRevision: 5_000,
  outlets: [],
  ...fields,
});
const outlet = (revision: number, isLate = false): OutletPosition => ({ kind: 'webhook', recordId: '7', revision, isLate });

describe('the target of a prune', () => {
  it('[13.15] the target is the last revision that is older than the setting, but keeps the newest thousand', () => {
    assert.equal(pruneTarget(facts()), 5_000);
    assert.equal(pruneTarget(facts({ agedRevision: 9_900 })), 9_000);
    assert.equal(pruneTarget(facts({ headRevision: 900, floorRevision: 0, agedRevision: 900 })), null);
  });

  it('[13.15] fewer than a hundred revisions are not pruned, so that a prune does not lead to the next one', () => {
    assert.equal(pruneTarget(facts({ agedRevision: 1_099 })), null);
    assert.equal(pruneTarget(facts({ agedRevision: 1_100 })), 1_100);
    assert.equal(pruneTarget(facts({ agedRevision: 1_000 })), null);
  });

  it('[S-56] the target keeps the next event of every webhook and integration that is not late', () => {
    assert.equal(pruneTarget(facts({ outlets: [outlet(4_001), outlet(3_000)] })), 2_999);
    assert.equal(pruneTarget(facts({ outlets: [outlet(4_001), outlet(3_000, true)] })), 4_000);
    assert.equal(pruneTarget(facts({ outlets: [outlet(9_999)] })), 5_000);
    assert.equal(pruneTarget(facts({ outlets: [outlet(1_050)] })), null);
  });

  it('[S-56] late webhooks and integrations that still need events below the target are disabled', () => {
    const inTheWay = outlet(5_000, true);
    assert.deepEqual(lateOutlets(facts({ outlets: [inTheWay, outlet(5_001, true), outlet(2_000)] })), [inTheWay]);
    assert.deepEqual(lateOutlets(facts({ agedRevision: 1_050, outlets: [outlet(1_020, true)] })), []);
  });
});
