import assert from 'node:assert/strict';
import { type LogChange, OrgState } from '../../../protocol/src/index.ts';
import type { Audience } from '../../../server/src/domain/audience.ts';
import { EntryRing } from '../../../server/src/read-path/entry-ring.ts';
import { FanOut, type FanOutOwner } from '../../../server/src/read-path/fan-out.ts';
import type { Feed } from '../../../server/src/read-path/feed.ts';
import type { FeedDeps } from '../../../server/src/read-path/feed-deps.ts';
import type { Frame } from '../../../server/src/read-path/frame.ts';
import { Subscription } from '../../../server/src/read-path/subscription.ts';
import { Counters } from '../../../server/src/runtime/counters.ts';
import { createLog } from '../../../server/src/runtime/log.ts';
import { Metrics } from '../../../server/src/runtime/metrics.ts';
import { HandClock } from '../../support/hand-clock.ts';

/** When steps go out and what they join, on a clock that only moves when it is told to. */

const members: Audience = { key: 'members', sees: new Set(['team']), hidesEmails: false };

class RingThatFailsOnce extends EntryRing {
  #hasFailed = false;

  override netChangesAfter(revision: number, upTo?: number): LogChange[] | null {
    if (this.#hasFailed) return super.netChangesAfter(revision, upTo);
    this.#hasFailed = true;
    throw new Error('a record that cannot be read');
  }
}

/** A fan-out to one audience. What arrives is noted as `<who>:<from>-<to>`. */
class Scene {
  readonly clock = new HandClock();
  readonly arrived: string[] = [];
  /** What writing one frame takes. */
  writeMs = 0;
  /** Called before each write. */
  onWrite: (who: number) => void = () => {};
  readonly feed = {
    orgId: '7',
    head: { orgId: '7', epoch: 'e', revision: 0, floorRevision: 0, chain: 'c0' },
    state: new OrgState(),
    ring: new EntryRing(0, 'c0'),
  };
  readonly subscriptions: Subscription[] = [];
  readonly fanOut: FanOut;

  constructor(viewers: number) {
    const counters = new Counters();
    const deps = { clock: this.clock, counters, metrics: new Metrics(counters), log: createLog('silent') } as unknown as FeedDeps;
    const owner: FanOutOwner = {
      feed: this.feed as unknown as Feed,
      fallBehind: () => assert.fail('nobody is slow here'),
      restart: () => assert.fail('nothing is lost here'),
      giveUp: (_, error) => {
        throw error;
      },
    };
    this.fanOut = new FanOut(owner, deps);
    for (let who = 0; who < viewers; who++) this.#join(who);
  }

  #join(who: number): void {
    const outlet = {
      send: ({ json }: Frame) => {
        this.onWrite(who);
        const { from, to } = JSON.parse(json) as { from: number; to: number };
        this.arrived.push(`${who}:${from}-${to}`);
        this.clock.spend(this.writeMs);
      },
      hasRoom: () => true,
      whenRoom: () => Promise.resolve(),
      ended: () => {},
      credentialRevoked: () => {},
      failed: () => {},
    };
    const subscription = new Subscription(
      '7',
      { userId: '1', tokenScopes: null, orgTokenId: null, boundOrgId: null, collections: null },
      members,
      outlet,
    );
    subscription.status = 'live';
    this.fanOut.groupOf(members, null).add(subscription, 0);
    this.subscriptions.push(subscription);
  }

  change(text = 'name'): void {
    const revision = this.feed.head.revision + 1;
    const chain = `c${revision}`;
    const changes: LogChange[] = [{ kind: 'team', id: '1', before: null, after: { id: '1', name: `${text} ${revision}` } }];
    this.feed.ring.push({ orgId: '7', revision, command: 'update-team', actor: 'user:1', requestId: null, changes }, chain);
    this.feed.head = { ...this.feed.head, revision, chain };
    this.fanOut.applied();
  }

  /** Changes, and has them sent at once: afterwards the fan-out rests. */
  async flushed(): Promise<void> {
    this.change();
    await this.clock.turn();
    this.arrived.length = 0;
  }
}

describe('fan-out', () => {
  it('[R7] sends the changes of one turn as one step at its end, when it had nothing to do', async () => {
    const scene = new Scene(1);
    scene.change();
    scene.change();
    assert.deepEqual(scene.arrived, []);
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, ['0:0-2']);
  });

  it('[R7] rests as long as a flush took, and joins what comes in meanwhile', async () => {
    const scene = new Scene(2);
    scene.writeMs = 5;
    await scene.flushed();
    scene.change();
    await scene.clock.pass(9);
    scene.change();
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, []);
    await scene.clock.pass(1);
    assert.deepEqual(scene.arrived, ['0:1-3', '1:1-3']);
  });

  it('[R7] never makes a change wait longer than 60 ms for its flush', async () => {
    const scene = new Scene(1);
    scene.writeMs = 500;
    await scene.flushed();
    scene.change();
    await scene.clock.pass(59);
    assert.deepEqual(scene.arrived, []);
    await scene.clock.pass(1);
    assert.deepEqual(scene.arrived, ['0:1-2']);
  });

  it('[R7] rests longer while changes come faster than they can be told one by one, and joins more of them', async () => {
    const scene = new Scene(1);
    scene.writeMs = 10;
    await scene.flushed();
    for (let n = 0; n < 4; n++) scene.change();
    await scene.clock.pass(10);
    assert.deepEqual(scene.arrived, ['0:1-5'], 'four in 20 ms');
    scene.change();
    await scene.clock.pass(59);
    assert.deepEqual(scene.arrived, ['0:1-5']);
    await scene.clock.pass(1);
    assert.deepEqual(scene.arrived, ['0:1-5', '0:5-6']);
    scene.change();
    await scene.clock.pass(10);
    assert.deepEqual(scene.arrived.at(-1), '0:6-7', 'and it is over as soon as they do not');
  });

  it('[R7] does not wait after a quiet time, however long the last flush took', async () => {
    const scene = new Scene(1);
    scene.writeMs = 5;
    await scene.flushed();
    await scene.clock.pass(15);
    scene.change();
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, ['0:1-2']);
  });

  it('[R7] sends what came in during a flush after a rest, without another change', async () => {
    const scene = new Scene(1);
    scene.writeMs = 5;
    scene.onWrite = () => {
      scene.onWrite = () => {};
      scene.change();
    };
    scene.change();
    await scene.clock.turn();
    await scene.clock.pass(5);
    assert.deepEqual(scene.arrived, ['0:0-1', '0:1-2']);
  });

  it('[A1] sends nothing more of a step to those who are evicted while it is under way', async () => {
    const scene = new Scene(600);
    scene.change();
    await scene.clock.turn();
    assert.equal(scene.arrived.length, 256);
    scene.subscriptions[599]!.end();
    for (let n = 0; n < 3; n++) await scene.clock.turn();
    assert.equal(scene.arrived.length, 599);
    assert.ok(!scene.arrived.includes('599:0-1'));
  });

  it('[R7] gives others their turn sooner while a step is long', async () => {
    const scene = new Scene(100);
    scene.change('x'.repeat(100_000));
    await scene.clock.turn();
    assert.equal(scene.arrived.length, 42);
    for (let n = 0; n < 2; n++) await scene.clock.turn();
    assert.equal(scene.arrived.length, 100);
  });

  it('[F1] lets a pong go at once when all it answers for is on its way, rest or not', async () => {
    const scene = new Scene(1);
    scene.writeMs = 5;
    await scene.flushed();
    scene.change();
    scene.fanOut.whenFlushed(1, () => scene.arrived.push('pong'));
    assert.deepEqual(scene.arrived, ['pong']);
  });

  it('[F1] holds a pong back until what it answers for was written to everybody', async () => {
    const scene = new Scene(300);
    scene.change();
    await scene.clock.turn();
    scene.fanOut.whenFlushed(1, () => scene.arrived.push('pong'));
    assert.equal(scene.arrived.length, 256);
    await scene.clock.turn();
    assert.equal(scene.arrived.at(-1), 'pong');
    assert.equal(scene.arrived.length, 301);
  });

  it('[F1] does not wait for revisions of a history that was replaced by a shorter one', async () => {
    const scene = new Scene(1);
    scene.change();
    scene.change();
    scene.fanOut.whenFlushed(2, () => scene.arrived.push('pong'));
    scene.feed.head = { ...scene.feed.head, epoch: 'f', revision: 1 };
    scene.fanOut.clear();
    assert.deepEqual(scene.arrived, ['pong']);
  });

  it('[R11] tries a flush that failed again, after a rest', async () => {
    const scene = new Scene(1);
    scene.feed.ring = new RingThatFailsOnce(0, 'c0');
    scene.change();
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, []);
    await scene.clock.pass(60);
    assert.deepEqual(scene.arrived, ['0:0-1']);
  });
});
