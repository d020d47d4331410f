import assert from 'node:assert/strict';
import type { Frame } from '../../../../server/src/read-path/subscriptions/frame.ts';
import type { Subscription } from '../../../../server/src/read-path/subscriptions/subscription.ts';
import { socketLimits } from '../../../../server/src/runtime/limits/rows/sockets.ts';
import { createLog } from '../../../../server/src/runtime/log.ts';
import type { ConnectionDeps } from '../../../../server/src/socket/connection-deps.ts';
import { Pongs, positionsPerPieceMax, sendPongPieces } from '../../../../server/src/socket/sending/pongs.ts';
import { HandClock } from '../../../support/hand-clock.ts';

const subscriptionsOf = (count: number) => Array.from({ length: count }, (_, id) => ({ orgId: String(id) }) as Subscription);
/** The longest cursor, of an audience with all collections. */
const cursor = 'x'.repeat(140);

/** A connection whose client reads one frame at a time. */
function openSocket() {
  const sent: Frame[] = [];
  let resolveRead = () => {};
  let isWritable = true;
  const socket = {
    isOver: false,
    send(frame: Frame) {
      sent.push(frame);
      isWritable = false;
    },
    isWritable: () => isWritable,
    whenWritable: () =>
      new Promise<void>((resolve) => {
        resolveRead = resolve;
      }),
  };
  const read = async () => {
    isWritable = true;
    resolveRead();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { socket, sent, read };
}

describe('a pong in pieces', () => {
  it('[R9] goes out as the client reads, and no piece exceeds what a slow client may have unsent', async () => {
    const { socket, sent, read } = openSocket();
    let revision = 1;
    const positionsOf = (some: readonly Subscription[]) =>
      Object.fromEntries(some.map(({ orgId }) => [orgId, { revision, cursor, count: 1_000_000, sum: 2 ** 32 * 1_000_000 }]));
    const done = sendPongPieces(socket, { nonce: 'a1' }, subscriptionsOf(2 * positionsPerPieceMax + 1), positionsOf);
    const pieces = () => sent.map(({ json }) => JSON.parse(json));
    assert.equal(sent.length, 1);
    revision = 2;
    await read();
    assert.equal(sent.length, 2);
    assert.equal(pieces()[1].orgs['1500'].revision, 2, 'a later piece has the positions of the time at which it is sent');
    await read();
    await done;
    assert.deepEqual(
      pieces().map(({ nonce, orgs, more }) => [nonce, Object.keys(orgs).length, more]),
      [
        ['a1', positionsPerPieceMax, true],
        ['a1', positionsPerPieceMax, true],
        ['a1', 1, undefined],
      ],
    );
    assert.ok(sent.every(({ json }) => json.length <= socketLimits.unsentBytes.value));
  });

  it('has one frame if there are few subscriptions, or none', async () => {
    for (const count of [0, 1, positionsPerPieceMax]) {
      const { socket, sent } = openSocket();
      await sendPongPieces(socket, { nonce: 1 }, subscriptionsOf(count), () => ({}));
      assert.deepEqual(
        sent.map(({ json }) => json),
        ['{"nonce":1,"orgs":{}}'],
      );
    }
  });

  it('stops when the connection ends', async () => {
    const { socket, sent, read } = openSocket();
    const done = sendPongPieces(socket, { nonce: 1 }, subscriptionsOf(2 * positionsPerPieceMax), () => ({}));
    socket.isOver = true;
    await read();
    await done;
    assert.equal(sent.length, 1);
  });
});

describe('the pong for a ping', () => {
  /** Sends one ping while the first reads of the database fail with these errors. */
  async function pongAfter(...errors: readonly Error[]): Promise<readonly string[]> {
    const left = [...errors];
    const { socket, sent } = openSocket();
    const readPath = {
      isBusDown: false,
      async verify() {
        if (left.length > 0) throw left.shift()!;
        return new Set<Subscription>();
      },
    };
    const clock = new HandClock();
    const deps = { readPath, clock, stream: { async verify() {} }, log: createLog('silent') } as unknown as ConnectionDeps;
    const responded = new Pongs(socket, new Map(), deps).respond({ nonce: 'a1', staleMs: {} });
    for (let passed = 0; passed < 1_000; passed += 50) await clock.pass(50);
    await responded;
    return sent.map(({ json }) => json);
  }
  const lostConnection = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

  it('[F1] follows another read if two reads lost their connections to the database', async () => {
    assert.deepEqual(await pongAfter(lostConnection(), lostConnection()), ['{"nonce":"a1","orgs":{}}']);
  });

  it('[F2] does not follow if the database is gone, or if a read fails for another reason', async () => {
    assert.deepEqual(await pongAfter(lostConnection(), lostConnection(), lostConnection()), []);
    assert.deepEqual(await pongAfter(new Error('a bug')), []);
  });
});
