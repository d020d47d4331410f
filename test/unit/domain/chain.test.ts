import assert from 'node:assert/strict';
import { nextChain, nextChainInSteps } from '../../../server/src/domain/chain.ts';
import { jsonYielding, mapYielding } from '../../../server/src/runtime/tasks/map-yielding.ts';

const changes = Array.from({ length: 2_000 }, (_, index) => ({
  kind: 'team-member',
  id: `7-${index}`,
  before: index % 3 === 0 ? { teamRole: null, id: `7-${index}`, name: '"\u2028é\\' } : null,
  after: index % 3 === 1 ? { id: `7-${index}`, z: [{ b: 1, a: null }], a: true } : null,
}));
const entryOf = (count: number) => ({
  orgId: '1',
  revision: 5,
  command: 'put',
  actor: 'user:1',
  requestId: null,
  changes: changes.slice(0, count),
});

describe('the chain of a long entry', () => {
  it('does not depend on whether it is computed in steps', async () => {
    for (const count of [0, 1, 2, 2_000]) {
      const entry = entryOf(count);
      assert.equal(await nextChainInSteps('0123456789abcdef', entry, mapYielding), nextChain('0123456789abcdef', entry));
    }
  });
});

describe('a list that becomes JSON in short steps', () => {
  it('gives the text of JSON.stringify', async () => {
    for (const count of [0, 1, 2_000]) assert.equal(await jsonYielding(changes.slice(0, count)), JSON.stringify(changes.slice(0, count)));
  });
});
