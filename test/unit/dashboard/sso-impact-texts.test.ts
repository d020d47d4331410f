import assert from 'node:assert/strict';
import type { SsoImpact } from '../../../client-sdk/src/index.ts';
import { effectOfRequiring, namesOf } from '../../../dashboard/src/pages/single-sign-on/impact-texts.ts';

const impact: SsoImpact = {
  members: { linked: 3, unlinked: 0 },
  unlinked: [],
  live: { users: 3, subscriptions: 4, wouldEnd: 0 },
  tokens: { ofUnlinkedUsers: 0 },
  recovery: [],
  instances: 1,
  complete: true,
};

describe('the effect of requiring single sign-on', () => {
  it('states that all members are linked', () => {
    assert.equal(effectOfRequiring(impact), 'All members are linked. No open connections will be closed.');
  });

  it('counts members, connections and tokens that lose access', () => {
    const one = { ...impact, members: { linked: 3, unlinked: 1 }, live: { ...impact.live, wouldEnd: 1 }, tokens: { ofUnlinkedUsers: 1 } };
    assert.equal(
      effectOfRequiring(one),
      '1 of 4 members isn’t linked and can’t open the organization until they link their account. 1 open connection will be closed. 1 API token of theirs stops working here.',
    );
    const many = { ...impact, members: { linked: 0, unlinked: 1200 }, live: { ...impact.live, wouldEnd: 12 }, complete: false };
    assert.equal(
      effectOfRequiring(many),
      '1,200 of 1,200 members aren’t linked and can’t open the organization until they link their account. 12 open connections will be closed. Not all servers responded, so there may be more.',
    );
  });

  it('names the first members', () => {
    assert.equal(namesOf(['Ada', 'Grace'], 2), 'Ada, Grace');
    assert.equal(namesOf(['Ada', 'Grace'], 1_002), 'Ada, Grace and 1,000 more');
  });
});
