import assert from 'node:assert/strict';
import { type PendingSocket, PendingSockets } from '../../../../server/src/socket/limits/pending-sockets.ts';

describe('slots for connections that have not authenticated', () => {
  let pending: PendingSockets;
  let evicted: string[];

  const open = (network: string, now: number, isIdle = true): boolean => {
    if (!pending.freeSlot(network, now)) return false;
    const socket: PendingSocket = {
      network,
      openedAt: now,
      isIdle,
      evict() {
        evicted.push(network);
        pending.remove(socket);
      },
    };
    pending.add(socket);
    return true;
  };
  const openMany = (count: number, network: string, now: number, isIdle = true) =>
    Array.from({ length: count }, () => open(network, now, isIdle)).filter(Boolean).length;

  beforeEach(() => {
    pending = new PendingSockets({ max: 10, perNetworkMax: 6 });
    evicted = [];
  });

  it('[H-02] have a limit per network, for connections in any state', () => {
    assert.equal(openMany(20, 'attacker', 0, false), 6);
    assert.equal(openMany(4, 'honest', 0), 4);
    assert.deepEqual(evicted, []);
  });

  it('[H-02] pass from the network with the most connections to a network with fewer when all are in use', () => {
    openMany(6, 'attacker', 0, false);
    openMany(4, 'other', 0, false);
    assert.equal(open('honest', 0), true);
    assert.deepEqual(evicted, ['attacker']);
    assert.equal(openMany(20, 'honest', 0), 2, 'until all have about as many');
    assert.equal(pending.size, 10);
  });

  it('[H-02] pass to the next connection if a client has sent nothing for 2.5 s', () => {
    openMany(6, 'office', 0);
    assert.equal(open('office', 2_400), false);
    assert.equal(open('office', 2_600), true);
    assert.deepEqual(evicted, ['office']);
    assert.equal(pending.size, 6);
  });

  it('[H-02] stay assigned to a connection that waits for the server', () => {
    openMany(6, 'office', 0, false);
    assert.equal(open('office', 60_000), false);
  });

  it('become free once for each connection', () => {
    const socket: PendingSocket = { network: 'a', openedAt: 0, isIdle: true, evict() {} };
    pending.add(socket);
    pending.remove(socket);
    pending.remove(socket);
    assert.equal(pending.size, 0);
  });
});
