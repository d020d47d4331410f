import assert from 'node:assert/strict';
import { type Audience, type LogChange, OrgState } from '../../../../protocol/src/index.ts';
import { EntryRing } from '../../../../server/src/read-path/feed/entry-ring.ts';
import type { Feed } from '../../../../server/src/read-path/feed/feed.ts';
import type { FeedDeps } from '../../../../server/src/read-path/feed/feed-deps.ts';
import { FanOut, type FanOutOwner } from '../../../../server/src/read-path/subscriptions/fan-out.ts';
import type { Frame } from '../../../../server/src/read-path/subscriptions/frame.ts';
import type { Subscription } from '../../../../server/src/read-path/subscriptions/subscription.ts';
import { createLog } from '../../../../server/src/runtime/log.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { Metrics } from '../../../../server/src/runtime/metrics/metrics.ts';
import { eventually } from '../../../support/eventually.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { aSink, aSubscription, performOnGroup } from '../subscriptions.ts';

/** The times and the ranges of steps, on a clock that the test advances. */

const members: Audience = { key: 'members', sees: new Set(['team']), hidesEmails: false };

class RingThatFailsOnce extends EntryRing {
  #hasFailed = false;

  override netChangesAfter(revision: number, upTo?: number): LogChange[] | null {
    if (this.#hasFailed) return super.netChangesAfter(revision, upTo);
    this.#hasFailed = true;
    throw new Error('a record that cannot be read');
  }
}

/** A fan-out to one audience. Each received step is noted as `<viewer>:<from>-<to>`. */
class Scene {
  readonly clock = new HandClock();
  readonly arrived: string[] = [];
  /** The name in the last step of each viewer. */
  readonly names = new Map<number, string>();
  /** The duration of writing one frame. */
  writeMs = 0;
  /** Called before each write. */
  onWrite: (viewer: number) => void = () => {};
  readonly feed = {
    orgId: '7',
    head: { orgId: '7', epoch: 'e', revision: 0, floorRevision: 0, chain: 'c0' },
    state: new OrgState(),
    ring: new EntryRing(0, 'c0'),
  };
  readonly subscriptions: Subscription[] = [];
  /** The viewers that get a new snapshot, and those whose connections are closed. */
  readonly restarted: number[] = [];
  readonly failed: number[] = [];
  readonly fanOut: FanOut;

  constructor(viewers: number) {
    const counters = new Counters();
    const deps = { clock: this.clock, counters, metrics: new Metrics(counters), log: createLog('silent') } as unknown as FeedDeps;
    const owner: FanOutOwner = {
      feed: this.feed as unknown as Feed,
      failSubscription: (member) => {
        this.failed.push(this.subscriptions.indexOf(member as Subscription));
      },
    };
    this.fanOut = new FanOut(owner, deps);
    for (let viewer = 0; viewer < viewers; viewer++) this.join(viewer);
  }

  join(viewer: number, audience = members): void {
    const sink = aSink(({ json }: Frame) => {
      this.onWrite(viewer);
      const { from, to, changes } = JSON.parse(json) as { from: number; to: number; changes: { record: { name: string } }[] };
      this.names.set(viewer, changes.at(-1)!.record.name);
      this.arrived.push(`${viewer}:${from}-${to}`);
      this.clock.spend(this.writeMs);
    });
    const subscription = aSubscription('7', '1', audience, sink, (...performed) => {
      const [, effect] = performed;
      if (effect.type === 'resync') this.onWrite(viewer);
      else if (effect.type === 'restart') this.restarted.push(viewer);
      else performOnGroup(...performed);
    });
    this.subscriptions.push(subscription);
    this.loaded(viewer);
  }

  /** The viewer has everything up to the head. */
  loaded(viewer: number): void {
    const subscription = this.subscriptions[viewer]!;
    subscription.handle({ type: 'joined', group: this.fanOut.groupOf(subscription.audience, null), revision: this.feed.head.revision });
  }

  /** @param others changes that no audience sees */
  change(text = 'name', others: readonly LogChange[] = []): void {
    const revision = this.feed.head.revision + 1;
    const chain = `c${revision}`;
    const team: LogChange = { kind: 'team', id: '1', before: null, after: { id: '1', name: `${text} ${revision}` } };
    const changes = [...others, team];
    this.feed.ring.push({ orgId: '7', revision, command: 'update-team', actor: 'user:1', requestId: null, changes }, chain);
    this.feed.head = { ...this.feed.head, revision, chain };
    this.fanOut.applied();
  }

  /** Makes a change and flushes it, so that the fan-out pauses. */
  async flushed(): Promise<void> {
    this.change();
    await this.clock.turn();
    this.arrived.length = 0;
  }
}

describe('fan-out', () => {
  it('[R7] sends the changes of one event-loop iteration as one step at its end, if it was idle', async () => {
    const scene = new Scene(1);
    scene.change();
    scene.change();
    assert.deepEqual(scene.arrived, []);
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, ['0:0-2']);
  });

  it('[R7] pauses for the duration of a flush, and combines the changes of that pause', async () => {
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

  it('[R7] never delays the flush of a change for more than 60 ms', async () => {
    const scene = new Scene(1);
    scene.writeMs = 500;
    await scene.flushed();
    scene.change();
    await scene.clock.pass(59);
    assert.deepEqual(scene.arrived, []);
    await scene.clock.pass(1);
    assert.deepEqual(scene.arrived, ['0:1-2']);
  });

  it('[R7] pauses longer and combines more changes while they arrive faster than they can be sent singly', async () => {
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
    assert.deepEqual(scene.arrived.at(-1), '0:6-7', 'the longer pauses end with the fast changes');
  });

  it('[R7] sends a change without a pause after an idle time, regardless of the duration of the last flush', async () => {
    const scene = new Scene(1);
    scene.writeMs = 5;
    await scene.flushed();
    await scene.clock.pass(15);
    scene.change();
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, ['0:1-2']);
  });

  it('[R7] sends the changes that arrive during a flush after a pause, without another change', async () => {
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

  it('[A1] sends a step to no subscription that was evicted while it was being sent', async () => {
    const scene = new Scene(600);
    scene.change();
    await scene.clock.turn();
    assert.equal(scene.arrived.length, 256);
    scene.subscriptions[599]!.end();
    for (let n = 0; n < 3; n++) await scene.clock.turn();
    assert.equal(scene.arrived.length, 599);
    assert.ok(!scene.arrived.includes('599:0-1'));
  });

  it('[R7] yields after fewer subscriptions if the step is long', async () => {
    const scene = new Scene(100);
    scene.change('x'.repeat(100_000));
    await scene.clock.turn();
    assert.equal(scene.arrived.length, 42);
    for (let n = 0; n < 2; n++) await scene.clock.turn();
    assert.equal(scene.arrived.length, 100);
  });

  describe('fan-out to hundreds of audiences', () => {
    const audiences = 400;
    let projected: number;
    let scene: Scene;

    beforeEach(() => {
      projected = 0;
      const sees = { has: () => ++projected > 0 } as unknown as Audience['sees'];
      scene = new Scene(0);
      for (let viewer = 0; viewer < audiences; viewer++) scene.join(viewer, { key: `audience ${viewer}`, sees, hidesEmails: false });
    });

    it('[R7] yields while it makes their steps, and each receives the changes that arrive in the meantime', async () => {
      scene.change();
      await scene.clock.turn();
      assert.ok(projected > 0 && projected <= 200, `${projected} steps in one tick`);
      scene.change();
      await eventually(async () => {
        await scene.clock.pass(60);
        const ranges = Array.from({ length: audiences }, (_, viewer) =>
          scene.arrived.filter((one) => one.startsWith(`${viewer}:`)).map((one) => one.split(':')[1]),
        );
        assert.ok(
          ranges.every((one) => ['0-1 1-2', '0-2'].includes(one.join(' '))),
          JSON.stringify(ranges),
        );
        assert.notDeepEqual(ranges[0], ranges.at(-1));
      });
      assert.deepEqual(new Set(scene.names.values()), new Set(['name 2']));
    });

    it('[R7] leaves the subscriptions alone that join after the history was replaced while it yields', async () => {
      scene.change();
      await scene.clock.turn();
      scene.fanOut.clear();
      const last = scene.subscriptions.at(-1)!;
      for (const subscription of scene.subscriptions) subscription.end();
      scene.feed.head = { ...scene.feed.head, epoch: 'f', revision: 5, chain: 'c5' };
      scene.feed.ring = new EntryRing(5, 'c5');
      scene.join(audiences, last.audience);
      for (let n = 0; n < 4; n++) await scene.clock.pass(60);
      scene.change();
      for (let n = 0; n < 2; n++) await scene.clock.pass(60);
      assert.deepEqual(scene.arrived, [`${audiences}:5-6`]);
    });
  });

  describe('fan-out of a revision with so many changes that their encoding yields', () => {
    /** More than are encoded without a pause. */
    const others = Array.from({ length: 1_200 }, (_, index): LogChange => {
      const id = String(index);
      return { kind: 'project', id, before: null, after: { id } };
    });
    let seen: number;
    /** Called for each record that an audience is asked about. */
    let onSee: (key: string) => void;
    let scene: Scene;
    const anAudience = (key: string): Audience => {
      const has = (kind: string) => {
        onSee(key);
        // The encoding yields after 5 ms.
        if (++seen % 100 === 0) for (const from = performance.now(); performance.now() - from < 6; );
        return kind === 'team';
      };
      return { key, sees: { has } as unknown as Audience['sees'], hidesEmails: false };
    };
    const settled = (arrived: readonly string[]) =>
      eventually(async () => {
        await scene.clock.pass(60);
        assert.deepEqual(scene.arrived, arrived);
      });

    beforeEach(() => {
      seen = 0;
      onSee = () => {};
      scene = new Scene(0);
      for (const viewer of [0, 1]) scene.join(viewer, anAudience(`audience ${viewer}`));
    });

    it('[R7] sends it before the revisions that follow in the meantime, and a pong not before it', async () => {
      scene.change('long', others);
      await scene.clock.turn();
      assert.ok(seen > 0 && seen < others.length, `${seen} changes in one tick`);
      scene.change();
      scene.join(2, scene.subscriptions[0]!.audience);
      scene.fanOut.whenFlushed(1, () => scene.arrived.push('pong'));
      // The encoding of the second audience begins after the second revision, so both are one step.
      await settled(['0:0-1', '1:0-2', 'pong', '0:1-2']);
      scene.arrived.length = 0;
      scene.change();
      await settled(['0:2-3', '2:2-3', '1:2-3']);
      assert.deepEqual(
        [...scene.names],
        [
          [0, 'name 3'],
          [1, 'name 3'],
          [2, 'name 3'],
        ],
      );
    });

    it('[R11] gives only the audience a new snapshot that it cannot be encoded for', async () => {
      onSee = (key) => {
        if (key === 'audience 0' && seen > 500) throw new Error('a record that cannot be read');
      };
      scene.change('long', others);
      await scene.clock.turn();
      scene.change();
      await settled(['1:0-2']);
      assert.deepEqual([scene.restarted, scene.failed, scene.names.get(1)], [[0], [], 'name 2']);
      onSee = () => {};
      scene.loaded(0);
      scene.change();
      await settled(['1:0-2', '1:2-3', '0:2-3']);
    });

    it('[R11] gives the other viewers of that audience a new snapshot if one of them cannot be reached', async () => {
      scene.join(2, scene.subscriptions[0]!.audience);
      onSee = (key) => {
        if (key === 'audience 0') throw new Error('a record that cannot be read');
      };
      scene.onWrite = (viewer) => {
        if (viewer === 0) throw new Error('a connection that cannot be written');
      };
      scene.change('long', others);
      await settled(['1:0-1']);
      assert.deepEqual([scene.restarted, scene.failed], [[2], [0]]);
    });

    it('[R7] sends nothing of it to subscriptions that join after the history was replaced in the meantime', async () => {
      scene.change('long', others);
      await scene.clock.turn();
      scene.fanOut.clear();
      for (const subscription of scene.subscriptions) subscription.end();
      scene.feed.head = { ...scene.feed.head, epoch: 'f', revision: 5, chain: 'c5' };
      scene.feed.ring = new EntryRing(5, 'c5');
      scene.join(2, scene.subscriptions[0]!.audience);
      for (let n = 0; n < 30; n++) await scene.clock.pass(60);
      scene.change();
      await settled(['2:5-6']);
    });
  });

  it('[F1] sends a pong immediately once everything that it confirms was sent, also during a pause', async () => {
    const scene = new Scene(1);
    scene.writeMs = 5;
    await scene.flushed();
    scene.change();
    scene.fanOut.whenFlushed(1, () => scene.arrived.push('pong'));
    assert.deepEqual(scene.arrived, ['pong']);
  });

  it('[F1] delays a pong until everything that it confirms was written to all subscriptions', async () => {
    const scene = new Scene(300);
    scene.change();
    await scene.clock.turn();
    scene.fanOut.whenFlushed(1, () => scene.arrived.push('pong'));
    assert.equal(scene.arrived.length, 256);
    await scene.clock.turn();
    assert.equal(scene.arrived.at(-1), 'pong');
    assert.equal(scene.arrived.length, 301);
  });

  it('[F1] does not wait for a revision of a history that was replaced by a shorter one', async () => {
    const scene = new Scene(1);
    scene.change();
    scene.change();
    scene.fanOut.whenFlushed(2, () => scene.arrived.push('pong'));
    scene.feed.head = { ...scene.feed.head, epoch: 'f', revision: 1 };
    scene.fanOut.clear();
    assert.deepEqual(scene.arrived, ['pong']);
  });

  it('[R11] repeats a failed flush after a pause', async () => {
    const scene = new Scene(1);
    scene.feed.ring = new RingThatFailsOnce(0, 'c0');
    scene.change();
    await scene.clock.turn();
    assert.deepEqual(scene.arrived, []);
    await scene.clock.pass(60);
    assert.deepEqual(scene.arrived, ['0:0-1']);
  });
});
