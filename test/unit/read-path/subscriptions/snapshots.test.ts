import assert from 'node:assert/strict';
import { type Audience, OrgState } from '../../../../protocol/src/index.ts';
import { EntryRing } from '../../../../server/src/read-path/feed/entry-ring.ts';
import type { Feed } from '../../../../server/src/read-path/feed/feed.ts';
import { Snapshots } from '../../../../server/src/read-path/subscriptions/snapshots.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const members: Audience = { key: 'members', sees: new Set(['team']), hidesEmails: false };
const always = () => true;

/** The snapshots of a feed with records for three parts. */
class Scene {
  readonly clock = new HandClock();
  readonly counters = new Counters();
  readonly feed = {
    orgId: '7',
    head: { orgId: '7', epoch: 'e', revision: 1, floorRevision: 0, chain: 'c1' },
    state: new OrgState(),
    ring: new EntryRing(1, 'c1'),
    bootstrap: null,
  };
  readonly snapshots = new Snapshots(this.feed as unknown as Feed, this);

  constructor() {
    for (let id = 1; id <= 600; id++) this.feed.state.put('team', { id: String(id), slug: `team-${id}`, name: 'Team' } as never);
  }

  get builds(): number {
    return this.counters.get('snapshotBuilds');
  }

  advance(): void {
    const revision = this.feed.head.revision + 1;
    this.feed.ring.push({ orgId: '7', revision, command: 'update-team', actor: 'user:1', requestId: null, changes: [] }, `c${revision}`);
    this.feed.head = { ...this.feed.head, revision, chain: `c${revision}` };
  }

  async finishBuilds(): Promise<void> {
    for (let n = 0; n < 4; n++) await this.clock.turn();
  }
}

describe('snapshots', () => {
  it('[15.1] gives a request the snapshot that is being built, if it is of the head at the request', async () => {
    const scene = new Scene();
    const first = await scene.snapshots.getCurrent(members, always);
    assert.equal(await scene.snapshots.getCurrent(members, always), first);
    await scene.finishBuilds();
    assert.equal((await first!.checksum).count, 600);
    assert.equal(await scene.snapshots.getCurrent(members, always), first);
    assert.equal(scene.builds, 1);
  });

  it('[15.1] builds one after another for an audience, and shares the next one among the requests that wait', async () => {
    const scene = new Scene();
    await scene.snapshots.getCurrent(members, always);
    scene.advance();
    const second = scene.snapshots.getCurrent(members, always);
    scene.advance();
    const third = scene.snapshots.getCurrent(members, always);
    await scene.clock.turn();
    assert.equal(scene.builds, 1, 'two builds for one audience at the same time');
    await scene.finishBuilds();
    assert.equal((await second)!.head.revision, 3);
    assert.equal(await third, await second);
    assert.equal(scene.builds, 2);
  });

  it('[15.1] builds nothing for a request that ended while it waited', async () => {
    const scene = new Scene();
    await scene.snapshots.getCurrent(members, always);
    scene.advance();
    let isWanted = true;
    const second = scene.snapshots.getCurrent(members, () => isWanted);
    isWanted = false;
    await scene.finishBuilds();
    assert.equal(await second, null);
    assert.equal(scene.builds, 1);
  });

  it('[15.1] does not wait for a revision of a history that was replaced by a shorter one', async () => {
    const scene = new Scene();
    scene.advance();
    await scene.snapshots.getCurrent(members, always);
    scene.advance();
    const second = scene.snapshots.getCurrent(members, always);
    scene.snapshots.clear();
    scene.feed.head = { ...scene.feed.head, epoch: 'f', revision: 1 };
    scene.feed.ring = new EntryRing(1, 'c1');
    await scene.finishBuilds();
    assert.equal((await second)!.head.epoch, 'f');
  });
});
