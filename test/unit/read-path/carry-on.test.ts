import assert from 'node:assert/strict';
import type { Audience } from '../../../server/src/domain/audience.ts';
import { carryOn } from '../../../server/src/read-path/carry-on.ts';
import type { Channel } from '../../../server/src/read-path/channel.ts';
import { encodeFrame, type Frame } from '../../../server/src/read-path/frame.ts';
import type { Leg } from '../../../server/src/read-path/legs.ts';
import { Subscription } from '../../../server/src/read-path/subscription.ts';

/** Carrying a copy on waits at several places; here each wait is where something else happens. */

const members: Audience = { key: 'members', sees: new Set(), hidesEmails: false };
const managers: Audience = { key: 'managers', sees: new Set(), hidesEmails: false };

const legOf = (name: string, pieces: number, to: number, audience: Audience): Leg => ({
  frames: Array.from({ length: pieces }, (_, index) => encodeFrame('step', `${name}${index + 1}`)),
  to,
  audience,
});

/** A client that reads one frame whenever it is told to, and a channel that hands out the legs it is given. */
class Scene {
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  readonly legs: (Leg | null)[] = [];
  head = 10;
  #read = () => {};
  #hasRoom = false;
  readonly subscription: Subscription;
  readonly done: Promise<void>;

  constructor(first: Leg | null) {
    const outlet = {
      send: (frame: Frame) => {
        this.sent.push(JSON.parse(frame.json));
        this.#hasRoom = false;
      },
      hasRoom: () => this.#hasRoom,
      whenRoom: () =>
        new Promise<void>((resolve) => {
          this.#read = resolve;
        }),
      ended: () => {},
      credentialRevoked: () => {},
      failed: () => {},
    };
    const viewer = { userId: '1', tokenScopes: null, orgTokenId: null, boundOrgId: null, collections: null };
    this.subscription = new Subscription('7', viewer, managers, outlet);
    this.subscription.status = 'behind';
    const channel = {
      legTo: () => this.legs.shift() ?? null,
      restart: (_: Subscription, reason: string) => void this.restarts.push(reason),
      rejoin: ({ status, held, audience }: Subscription, to: number) => {
        const isLevel = status === 'behind' && held.key === audience.key && to === this.head;
        if (isLevel) this.subscription.status = 'live';
        return isLevel;
      },
    };
    this.done = carryOn(channel as unknown as Channel, this.subscription, first);
  }

  async read(): Promise<void> {
    this.#hasRoom = true;
    this.#read();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('carrying on a copy', () => {
  it('[R9] sends one piece at a time, and is back in the group when level', async () => {
    const scene = new Scene(legOf('a', 2, 8, managers));
    scene.legs.push(legOf('b', 1, 10, managers));
    assert.deepEqual(scene.sent, []);
    await scene.read();
    assert.deepEqual(scene.sent, ['a1']);
    await scene.read();
    assert.deepEqual([scene.sent, scene.subscription.own], [['a1', 'a2'], 8]);
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.subscription.own, scene.subscription.status], [['a1', 'a2', 'b1'], 10, 'live']);
  });

  it('[R9] [A2] sends nothing more once the rights to it ended, between two pieces too', async () => {
    for (const reads of [0, 1]) {
      const scene = new Scene(legOf('a', 2, 10, managers));
      for (let read = 0; read < reads; read++) await scene.read();
      scene.subscription.end();
      await scene.read();
      await scene.done;
      assert.deepEqual([scene.sent.length, scene.restarts], [reads, []]);
    }
  });

  it('[R9] [A3] finishes the step under way when the rights change, then moves', async () => {
    const scene = new Scene(legOf('a', 2, 8, managers));
    scene.legs.push(legOf('view', 1, 10, members));
    await scene.read();
    scene.subscription.audience = members;
    await scene.read();
    assert.deepEqual([scene.sent, scene.subscription.held.key], [['a1', 'a2'], 'managers']);
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.subscription.held.key, scene.subscription.status], [['a1', 'a2', 'view1'], 'members', 'live']);
  });

  it('[R9] starts a new copy when the ring no longer reaches back to it', async () => {
    const scene = new Scene(null);
    scene.legs.push(null);
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.restarts], [[], ['fell-behind']]);
  });

  it('[R9] gives up a step of another history between two pieces', async () => {
    const scene = new Scene(legOf('a', 3, 10, managers));
    await scene.read();
    scene.subscription.mustRestart = true;
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.restarts], [['a1'], ['history-changed']]);
  });

  it('[R8] goes live where it stands when nothing of what happened shows', async () => {
    const scene = new Scene({ frames: [], to: 10, audience: managers });
    scene.subscription.own = 5;
    await scene.read();
    await scene.done;
    assert.deepEqual([scene.sent, scene.subscription.own, scene.subscription.status], [[], 5, 'live']);
  });
});
