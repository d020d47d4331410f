import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { type Socket as Client, io as connect } from 'socket.io-client';
import type { WebSocket } from 'ws';
import { encodeFrame } from '../../../server/src/read-path/subscriptions/frame.ts';
import { engineOf } from '../../../server/src/socket/engine.ts';
import { cutTransport, unsentBytes } from '../../../server/src/socket/limits/unsent-bytes.ts';
import { FrameWriter } from '../../../server/src/socket/sending/write-frame.ts';
import { eventually } from '../../support/eventually.ts';

/**
 * Frames bypass engine.io's queue when it is empty. They must still arrive in order with all frames
 * that pass through it.
 */
describe('writing frames', () => {
  const http = createServer();
  const io = new Server(http, { perMessageDeflate: false, serveClient: false });
  let url: string;
  let client: Client;
  let socket: Socket;
  let writer: FrameWriter;
  /** Numbers in the order of their arrival. */
  let received: number[];
  let next: number;

  before(async () => {
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  after(() => io.close());
  afterEach(() => void client.close());

  async function open(transports: string[]): Promise<void> {
    received = [];
    next = 0;
    const connected = once(io, 'connection') as Promise<[Socket]>;
    client = connect(url, { transports, reconnection: false, forceNew: true });
    client.on('step', ({ n }: { n: number }) => void received.push(n));
    client.on('emitted', (n: number) => void received.push(n));
    [socket] = await connected;
    writer = new FrameWriter(socket);
    if (!client.connected) await onClient('connect');
  }

  const onClient = (event: 'connect' | 'disconnect') => new Promise<void>((resolve) => client.once(event, () => resolve()));
  const writeNext = (filling = '') => writer.write(encodeFrame('step', { n: next++, filling }));
  const emitNext = () => socket.emit('emitted', next++);
  const allInOrder = () => Array.from({ length: next }, (_, n) => n);
  const arrived = () => eventually(() => assert.deepEqual(received, allInOrder()));
  const tcpOf = (webSocket: unknown) => (webSocket as { _socket: NodeJS.ReadableStream })._socket;
  const clientTcp = () => tcpOf((client.io.engine as unknown as { transport: { ws: WebSocket } }).transport.ws);

  for (const transports of [['websocket'], ['polling']]) {
    it(`[R7] keeps the order among events and acknowledgements, over ${transports[0]}`, async () => {
      await open(transports);
      socket.on('ask', (answer: (n: number) => void) => {
        writeNext();
        answer(next++);
        writeNext();
      });
      for (let round = 0; round < 50; round++) {
        writeNext();
        emitNext();
        if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
        writeNext('x'.repeat(200 * (round % 5)));
        if (round % 10 === 0) client.emit('ask', (n: number) => void received.push(n));
      }
      await eventually(() => assert.equal(next, 165));
      await arrived();
    });
  }

  it('[R7] loses and reorders nothing while a client upgrades from long polling to a WebSocket', async () => {
    await open(['polling', 'websocket']);
    for (let round = 0; round < 10_000 && (socket.conn.transport.name !== 'websocket' || round < 100); round++) {
      writeNext();
      if (round % 7 === 0) emitNext();
      if (round % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal(socket.conn.transport.name, 'websocket');
    for (let round = 0; round < 10; round++) writeNext();
    await arrived();
  });

  it('[R9] detects a client that does not read, counts the bytes held for it, and delivers them in order when it reads again', async () => {
    await open(['websocket']);
    assert.equal(writeNext(), true, 'the kernel takes a small frame at once');
    clientTcp().pause();
    const filling = 'x'.repeat(200_000);
    let taken = true;
    for (let n = 0; n < 200 && taken; n++) {
      taken = writeNext(filling);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(taken, false);
    const held = unsentBytes(socket.conn);
    writeNext(filling);
    // One event goes through engine.io's queue, and another one follows it.
    emitNext();
    writeNext(filling);
    assert.ok(unsentBytes(socket.conn) >= held + 2 * filling.length, `${unsentBytes(socket.conn)} bytes after ${held}`);
    clientTcp().resume();
    await arrived();
    assert.equal(unsentBytes(socket.conn), 0);
  });

  it('[R10] gathers a response and the frames after it for one write to the kernel, in order', async () => {
    await open(['websocket']);
    const tcp = tcpOf(engineOf(socket.conn).transport.socket) as unknown as Record<'_write' | '_writev', (...args: unknown[]) => void>;
    let writes = 0;
    for (const method of ['_write', '_writev'] as const) {
      const write = tcp[method].bind(tcp);
      tcp[method] = (...args) => {
        writes++;
        write(...args);
      };
    }
    writer.gather();
    emitNext();
    await Promise.resolve();
    writeNext();
    writeNext();
    await arrived();
    assert.equal(writes, 1);
    writeNext();
    await arrived();
    assert.equal(writes, 2);
  });

  for (const isQueued of [false, true]) {
    it(`delivers all that was written before it closes${isQueued ? ', behind a queue' : ''}`, async () => {
      await open(['websocket']);
      const closed = onClient('disconnect');
      // Sends two events without a pause: the second waits in engine.io's queue until the kernel
      // has the first.
      if (isQueued) for (let n = 0; n < 2; n++) emitNext();
      for (let n = 0; n < 100; n++) writeNext('x'.repeat(1_000));
      socket.disconnect(true);
      const sent = allInOrder();
      // No frame follows, so the attempt has no effect.
      writeNext();
      await closed;
      assert.deepEqual(received, sent);
    });
  }

  it('delays the close until a client has read the frames before the goodbye', async () => {
    await open(['websocket']);
    client.on('goodbye', ({ n }: { n: number }) => void received.push(n));
    clientTcp().pause();
    for (let n = 0; n < 200 && writeNext('x'.repeat(200_000)); n++) await new Promise((resolve) => setImmediate(resolve));
    writer.write(encodeFrame('goodbye', { n: next++ }));
    socket.disconnect(true);
    for (let n = 0; n < 10; n++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(socket.conn.readyState, 'closing');
    clientTcp().resume();
    await arrived();
    await eventually(() => assert.equal(socket.conn.readyState, 'closed'));
  });

  it('[R11] writes nothing to a closed connection, and throws nothing', async () => {
    await open(['websocket']);
    const closed = onClient('disconnect');
    cutTransport(socket.conn);
    writeNext();
    await closed;
    writeNext();
    assert.deepEqual(received, []);
  });
});
