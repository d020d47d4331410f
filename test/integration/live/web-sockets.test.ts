import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { WebSocket } from 'ws';
import { boundedWebSockets } from '../../../server/src/socket/web-sockets.ts';

describe('the opening of a WebSocket', () => {
  const http = createServer();
  const io = new Server(http, { serveClient: false, perMessageDeflate: false, wsEngine: boundedWebSockets(() => {}, {}) });
  let client: WebSocket;

  before(async () => {
    // The server admits a connection after a wait.
    io.engine.use((_request: unknown, _response: unknown, next: () => void) => void Promise.resolve().then(() => setImmediate(next)));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
  });
  after(() => io.close());
  afterEach(() => client.terminate());

  it('[R10] sends the response to the upgrade and the first packet in one write to the kernel', async () => {
    const writes: string[] = [];
    http.once('connection', (socket) => {
      const tcp = socket as unknown as Record<'_write' | '_writev', (...args: unknown[]) => void>;
      for (const method of ['_write', '_writev'] as const) {
        const write = tcp[method].bind(tcp);
        tcp[method] = (...args) => {
          writes.push(method);
          write(...args);
        };
      }
    });
    client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4&transport=websocket`);
    const [first] = (await once(client, 'message')) as [Buffer];
    assert.match(first.toString(), /^0\{"sid"/);
    assert.deepEqual(writes, ['_writev']);
  });
});
