import assert from 'node:assert/strict';
import { type Audience, OrgState } from '../../../protocol/src/index.ts';
import { EntryRing } from '../../../server/src/read-path/feed/entry-ring.ts';
import type { Feed } from '../../../server/src/read-path/feed/feed.ts';
import { Snapshots } from '../../../server/src/read-path/subscriptions/snapshots.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { HandClock } from '../../support/hand-clock.ts';

const members: Audience = { key: 'members', sees: new Set(['team']), hidesEmails: false };

/** The snapshots of an organization with this many teams, on a clock that the test advances. */
function aScene(teams: number) {
  const clock = new HandClock();
  const counters = new Counters();
  const state = new OrgState();
  for (let id = 1; id <= teams; id++) state.put('team', { id: String(id), slug: `team-${id}` });
  const feed = {
    orgId: '7',
    head: { orgId: '7', epoch: 'e', revision: 0, floorRevision: 0, chain: 'c0' },
    state,
    ring: new EntryRing(0, 'c0'),
    bootstrap: null,
  } as unknown as Feed;
  const snapshots = new Snapshots(feed, { clock, counters });
  return {
    clock,
    builds: () => counters.get('snapshotBuilds'),
    async use() {
      const { parts, checksum } = snapshots.get(members);
      let isMade = false;
      checksum.then(() => {
        isMade = true;
      });
      while (!isMade) await clock.turn();
      return parts.length;
    },
  };
}

describe('the snapshots of a feed', () => {
  it('[R10] stay for a second after the last use if they have one part, and are then made again', async () => {
    const { clock, use, builds } = aScene(11);
    assert.equal(await use(), 1);
    for (let second = 0; second < 20; second++) {
      await clock.pass(999);
      await use();
    }
    assert.equal(builds(), 1);
    await clock.pass(1_000);
    await clock.pass(1_000);
    await use();
    assert.equal(builds(), 2);
  });

  it('[R10] stay for ten seconds after the last use if they have several parts', async () => {
    const { clock, use, builds } = aScene(600);
    assert.ok((await use()) > 1);
    await clock.pass(9_999);
    await use();
    await clock.pass(9_999);
    await use();
    assert.equal(builds(), 1);
    await clock.pass(10_000);
    await clock.pass(10_000);
    await use();
    assert.equal(builds(), 2);
  });
});
