import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Redis, startRedis } from '../support/redis.ts';
import { type SeparateServer, startSeparateServer } from '../support/separate-server.ts';

const handshakes = 50;
/** A handshake waits for its count in Redis for up to 25 ms. */
const duringCountMs = 5;

const request = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
].join('\r\n');

describe('WebSockets that are reset during their handshake', () => {
  let redis: Redis;
  let server: SeparateServer;

  before(async () => {
    redis = await startRedis({ own: true });
    server = await startSeparateServer({ REDIS_URL: redis.url });
  });
  after(async () => {
    await server?.stop();
    await redis?.stop();
  });

  async function resetOne(): Promise<void> {
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(`${request}\r\n\r\n`);
    await sleep(duringCountMs);
    socket.resetAndDestroy();
  }

  it('[H-03] do not end the process', async () => {
    redis.pause();
    await Promise.all(Array.from({ length: handshakes }, resetOne));
    redis.resume();
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  });
});
