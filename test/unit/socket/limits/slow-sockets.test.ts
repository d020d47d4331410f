import assert from 'node:assert/strict';
import { systemClock } from '../../../../server/src/runtime/clock.ts';
import { socketLimits } from '../../../../server/src/runtime/limits/rows/sockets.ts';
import { SlowSockets, type WatchedSocket } from '../../../../server/src/socket/limits/slow-sockets.ts';
import { eventually } from '../../../support/eventually.ts';

class AnySocket implements WatchedSocket {
  isOver = false;
  unsent = socketLimits.unsentBytes.value + 1;
  reason: string | null = null;

  unsentBytes(): number {
    return this.unsent;
  }

  goodbye(reason: string): void {
    this.reason = reason;
  }
}

/** Whether a promise has resolved by now. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);
}

describe('slow sockets', () => {
  it('[R9] wait until most bytes are read, on one shared timer that ends with the last socket', async () => {
    const slowSockets = new SlowSockets(systemClock);
    const sockets = [new AnySocket(), new AnySocket()];
    const [first, second] = sockets.map((socket) => slowSockets.whenDrained(socket));
    sockets[0]!.unsent = 1_000;
    await first;
    assert.deepEqual([slowSockets.size, await isResolved(second!)], [1, false]);
    sockets[1]!.unsent = 0;
    await second;
    assert.equal(slowSockets.size, 0);
    assert.ok(sockets.every(({ reason }) => reason === null));
  });

  it('[R9] lose the connection with more than 1 MiB of unsent data', async () => {
    const slowSockets = new SlowSockets(systemClock);
    const socket = new AnySocket();
    socket.unsent = 1024 * 1024 + 1;
    await slowSockets.whenDrained(socket);
    assert.equal(socket.reason, 'slow');
  });

  it('[R9] lose the connection at once when others need their place', async () => {
    const slowSockets = new SlowSockets(systemClock);
    const socket = new AnySocket();
    slowSockets.close(socket);
    assert.equal(socket.reason, null, 'closed a socket that does not lag');
    const drained = slowSockets.whenDrained(socket);
    slowSockets.close(socket);
    assert.equal(await isResolved(drained), true);
    assert.deepEqual([slowSockets.size, socket.reason], [0, 'slow']);
  });

  it('[R9] do not delay the caller if they are closed for another reason', async () => {
    const slowSockets = new SlowSockets(systemClock);
    const socket = new AnySocket();
    const drained = slowSockets.whenDrained(socket);
    socket.isOver = true;
    await drained;
    await eventually(() => assert.deepEqual([slowSockets.size, socket.reason], [0, null]));
  });
});
