import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { Connection, type ConnectionObserver } from '../../../client-sdk/src/connection.ts';
import { eventually } from '../../support/eventually.ts';

/** The part of its bound that each delay takes, so that the test is short. */
const jitter = 0.01;
/** The bounds of the delays after the first failures. */
const boundsMs = [500, 1_000, 2_000];

describe('a connection', () => {
  let server: Server;
  let connection: Connection;
  /** A constant, so that `nextTryInMs` is the whole delay. */
  let now: number;
  const nothing: ConnectionObserver = {
    connected() {},
    disconnected() {},
    ended() {},
    frame() {},
    identityChanged() {},
    statusChanged() {},
    hasWork: () => true,
  };

  async function open(observer: Partial<ConnectionObserver>): Promise<void> {
    const http = createServer();
    server = new Server(http, { transports: ['websocket'] });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    connection = new Connection(
      { origin, socketPath: '/socket.io/', token: 'secret', transports: ['websocket'], random: () => jitter, now: () => now },
      { ...nothing, ...observer },
    );
  }

  beforeEach(() => {
    now = 1_000_000;
  });
  afterEach(async () => {
    connection.close('closed');
    await server.close();
  });

  it('a status listener that closes it as it connects prevents what follows a new connection', async () => {
    const calls: string[] = [];
    await open({
      statusChanged: () => connection.isConnected && connection.close('closed'),
      connected: () => calls.push('connected'),
      ended: () => queueMicrotask(() => calls.push('ended')),
    });
    connection.open();
    await eventually(() => assert.ok(calls.includes('ended'), 'not closed'));
    assert.deepEqual(calls, ['ended']);
  });

  it('a server that cuts each handshake makes the delays grow', async () => {
    const delaysMs: (number | null)[] = [];
    await open({ disconnected: () => delaysMs.push(connection.nextTryInMs) });
    server.use((socket) => socket.conn.close());
    connection.open();
    await eventually(() => assert.ok(delaysMs.length >= boundsMs.length, 'too few attempts'));
    assert.deepEqual(
      delaysMs.slice(0, boundsMs.length),
      boundsMs.map((boundMs) => boundMs * jitter),
    );
  });

  it('a server that cuts each handshake after a long connection makes the delays grow again', async () => {
    const delaysMs: (number | null)[] = [];
    await open({ disconnected: () => delaysMs.push(connection.nextTryInMs) });
    let handshakes = 0;
    server.use((socket, next) => {
      if (handshakes++ === 0) next();
      else socket.conn.close();
    });
    connection.open();
    await eventually(() => assert.ok(connection.isConnected, 'not connected'));
    now += 60_000;
    for (const socket of server.sockets.sockets.values()) socket.conn.close();
    await eventually(() => assert.ok(delaysMs.length >= boundsMs.length, 'too few attempts'));
    assert.deepEqual(
      delaysMs.slice(0, boundsMs.length),
      boundsMs.map((boundMs) => boundMs * jitter),
    );
  });
});
