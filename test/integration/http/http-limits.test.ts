import assert from 'node:assert/strict';
import net from 'node:net';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { httpTimes } from '../../../server/src/http/limits/http-times.ts';
import { type Listening, listen } from '../../../server/src/http/listen.ts';
import { transferLimits } from '../../../server/src/runtime/limits/rows/transfers.ts';
import { limitsWith } from '../../support/limits.ts';
import { readsJson } from '../../support/resource-guard.ts';

/** The limits of the real server, with shorter times. */
const tooLarge = { detail: 'Request header fields are too large, or there are more than 200.' };
const times = { ...httpTimes, headersMs: 200, requestMs: 500, checkIntervalMs: 50 };

describe('limits on the time and size of a request', () => {
  let listening: Listening;
  let port: number;

  before(async () => {
    listening = await listen('127.0.0.1', 0, limitsWith(), {}, undefined, times);
    port = Number(new URL(listening.url).port);
    const answer: RequestHandler = (_request, response) => void response.json({ isGood: true });
    const silent: ErrorRequestHandler = (_error, _request, response, _next) => void response.status(400).end();
    listening.answerBy(listening.newApp().use(readsJson(listening, 100), answer, silent), () => {});
  });
  after(() => {
    listening.server.closeAllConnections();
    listening.server.close();
  });

  /**
   * Sends `first`, then `next` every 20 ms until the server closes the connection. Resolves with
   * the response.
   */
  function drip(first: string, next: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(first));
      const dripping = setInterval(() => socket.write(next), 20);
      let text = '';
      socket.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(dripping);
        resolve(text);
      });
    });
  }

  const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

  it('[1] close a connection whose headers never end, at any speed', async () => {
    const text = await drip(head, 'X: y\r\n');
    assert.match(text, /^HTTP\/1\.1 408 .*\r\n\r\n\{"detail":"The request took too long to arrive\."\}$/s);
  });

  it('[1] close a connection whose body never ends', async () => {
    const text = await drip(`${head}Content-Length: 99\r\n\r\n{`, ' ');
    assert.match(text, /^HTTP\/1\.1 408 .*\r\n\r\n\{"detail":"The request took too long to arrive\."\}$/s);
  });

  it('[1] reject headers above the size limit, and accept headers below it', async () => {
    const send = (bytes: number) => fetch(listening.url, { headers: { 'X-Long': 'x'.repeat(bytes) } });
    assert.equal((await send(transferLimits.headerBytes.value - 1_000)).status, 200);
    const refused = await send(transferLimits.headerBytes.value);
    assert.deepEqual([refused.status, await refused.json()], [431, tooLarge]);
  });

  it('[1] reject more headers than are read, so that none of them is ignored', async () => {
    const send = (count: number) =>
      fetch(listening.url, { headers: Object.fromEntries(Array.from({ length: count }, (_, n) => [`X-${n}`, ''])) });
    // `fetch` adds some of its own.
    assert.equal((await send(150)).status, 200);
    for (const count of [250, 1_100]) {
      const refused = await send(count);
      assert.deepEqual([refused.status, await refused.json()], [431, tooLarge]);
    }
  });
});
