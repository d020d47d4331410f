import assert from 'node:assert/strict';
import type { Audience } from '../../../../protocol/src/index.ts';
import type { CatchUpStep } from '../../../../server/src/read-path/subscriptions/catch-up-steps.ts';
import { encodeFrame, type Frame } from '../../../../server/src/read-path/subscriptions/frame.ts';
import { recoverSlowConsumer } from '../../../../server/src/read-path/subscriptions/recover-slow-consumer.ts';
import type { Subscription } from '../../../../server/src/read-path/subscriptions/subscription.ts';
import type { SubscriptionEffect } from '../../../../server/src/read-path/subscriptions/subscription-state.ts';
import { aGroup, aSink, aSubscription } from '../subscriptions.ts';

/** Recovery waits in several places. In these tests, something else happens during each wait. */

const members: Audience = { key: 'members', sees: new Set(), hidesEmails: false };
const managers: Audience = { key: 'managers', sees: new Set(), hidesEmails: false };

const aStep = (name: string, pieces: number, to: number, audience: Audience): CatchUpStep => ({
  frames: Array.from({ length: pieces }, (_, index) => encodeFrame('step', `${name}${index + 1}`)),
  to,
  audience,
});

/**
 * A client that reads one frame per call of `read`, and a watched organization that returns the
 * given steps.
 */
class Scene {
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  readonly steps: (CatchUpStep | null)[] = [];
  readonly feed = { head: { revision: 10 } };
  #read = () => {};
  #isWritable = false;
  readonly subscription: Subscription;
  readonly done: Promise<void>;

  /** @param revision of the replica */
  constructor(first: CatchUpStep | null, revision = 5) {
    const sink = {
      ...aSink((frame: Frame) => {
        this.sent.push(JSON.parse(frame.json));
        this.#isWritable = false;
      }),
      isWritable: () => this.#isWritable,
      whenWritable: () =>
        new Promise<void>((resolve) => {
          this.#read = resolve;
        }),
    };
    this.subscription = aSubscription('7', '1', managers, sink, (subscription, effect) => this.#perform(subscription, effect, sink.send));
    this.subscription.handle({ type: 'loaded', revision, first: aStep('unused', 0, revision, managers) });
    const watched = { feed: this.feed, catchUpStepFor: () => this.steps.shift() ?? null };
    this.done = recoverSlowConsumer(watched, this.subscription, first);
  }

  #perform(subscription: Subscription, effect: SubscriptionEffect, send: (frame: Frame) => void): void {
    if (effect.type === 'send') send(effect.frame);
    if (effect.type === 'restart') this.restarts.push(effect.reason);
    if (effect.type === 'rejoin') subscription.handle({ type: 'joined', group: aGroup(subscription.audience), revision: effect.revision });
  }

  get revision(): number | null {
    const { state } = this.subscription;
    return state.phase === 'live' || state.phase === 'lagging' ? state.revision : null;
  }

  get sentAudience(): string | null {
    const { state } = this.subscription;
    return state.phase === 'lagging' ? state.sentAudience.key : state.audience.key;
  }

  async read(): Promise<void> {
    this.#isWritable = true;
    this.#read();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('slow-consumer recovery', () => {
  it('[R9] sends one frame at a time, and returns the subscription to its group at the head', async () => {
    const scene = new Scene(aStep('a', 2, 8, managers));
    scene.steps.push(aStep('b', 1, 10, managers));
    assert.deepEqual(scene.sent, []);
    await scene.read();
    assert.deepEqual(scene.sent, ['a1']);
    await scene.read();
    assert.deepEqual([scene.sent, scene.revision], [['a1', 'a2'], 8]);
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.revision, scene.subscription.phase], [['a1', 'a2', 'b1'], 10, 'live']);
  });

  it('[R9] [A2] sends nothing after access ended, also between two frames of a step', async () => {
    for (const reads of [0, 1]) {
      const scene = new Scene(aStep('a', 2, 10, managers));
      for (let read = 0; read < reads; read++) await scene.read();
      scene.subscription.end();
      await scene.read();
      await scene.done;
      assert.deepEqual([scene.sent.length, scene.restarts], [reads, []]);
    }
  });

  it('[R9] [A3] completes the current step when the rights change, then sends the step with `view`', async () => {
    const scene = new Scene(aStep('a', 2, 8, managers));
    scene.steps.push(aStep('view', 1, 10, members));
    await scene.read();
    scene.subscription.handle({ type: 'access-changed', audience: members, step: null });
    await scene.read();
    assert.deepEqual([scene.sent, scene.sentAudience], [['a1', 'a2'], 'managers']);
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.sentAudience, scene.subscription.phase], [['a1', 'a2', 'view1'], 'members', 'live']);
  });

  it('[R9] restarts the subscription when the ring no longer contains the entries that its replica misses', async () => {
    const scene = new Scene(null);
    scene.steps.push(null);
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.restarts], [[], ['fell-behind']]);
  });

  it('[R9] abandons a step when the history changes between two of its frames', async () => {
    const scene = new Scene(aStep('a', 3, 10, managers));
    await scene.read();
    scene.subscription.handle({ type: 'history-changed', audience: managers });
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.restarts], [['a1'], ['history-changed']]);
  });

  it('[R8] makes the subscription live at its revision when no visible record changed', async () => {
    const scene = new Scene({ frames: [], to: 10, audience: managers });
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.revision, scene.subscription.phase], [[], 5, 'live']);
  });
});
