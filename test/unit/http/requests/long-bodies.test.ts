import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { canonicalJson } from '@rollcall/protocol';
import express, { type Request } from 'express';
import { BufferedBytes } from '../../../../server/src/http/limits/buffered-bytes.ts';
import { decodeImage, readImage } from '../../../../server/src/http/requests/images.ts';
import { readIdempotencyKey } from '../../../../server/src/http/requests/parsed-request.ts';
import { readJson } from '../../../../server/src/http/requests/request-body.ts';
import { Counters } from '../../../../server/src/runtime/metrics/counters.ts';
import { turnsDuring } from '../../../support/turns-during.ts';

const bytes = Buffer.alloc(4_000_000, 'image').fill(Buffer.from('89504e470d0a1a0a', 'hex'), 0, 8);
/** Pieces of half a megabyte each. */
const turnsMin = 6;

describe('a long body', () => {
  it('lets other requests run while its image is decoded', async () => {
    const image = readImage(bytes.toString('base64'))!;
    let decoded: Awaited<ReturnType<typeof decodeImage>> = null;
    const turns = await turnsDuring(async () => {
      decoded = await decodeImage(image);
    });
    assert.deepEqual(decoded, { contentType: 'image/png', bytes });
    assert.ok(turns >= turnsMin, `${turns} turns`);
  });

  it('lets other requests run while the fingerprint of its Idempotency-Key is computed', async () => {
    const message = new IncomingMessage(new Socket());
    message.headers = { 'idempotency-key': 'a key', 'content-type': 'application/json' };
    const request = Object.assign(Object.setPrototypeOf(message, express.request) as Request, { method: 'PUT', originalUrl: '/path' });
    let key: Awaited<ReturnType<typeof readIdempotencyKey>> = null;
    const turns = await turnsDuring(async () => {
      key = await readIdempotencyKey(request, { value: {}, bytes }, null);
    });
    const beginning = canonicalJson([null, 'PUT', '/path', 'application/json']);
    assert.deepEqual(key, { key: 'a key', fingerprint: createHash('sha256').update(beginning).update(bytes).digest('hex') });
    assert.ok(turns >= turnsMin, `${turns} turns`);
  });

  describe('after its arrival', () => {
    const mebibyte = 1024 * 1024;
    const body = JSON.stringify({ text: 'a'.repeat(4 * mebibyte) });
    const owner = { pool: 'authenticated', key: 'a caller' } as const;
    let buffered: BufferedBytes;
    let server: Server;
    /** Called in the tick after the whole body has arrived. */
    let onArrived: () => void;
    let outcome: Promise<unknown>;

    beforeEach(async () => {
      const bytes = 8 * mebibyte;
      buffered = new BufferedBytes(
        {
          bufferedBytesPerAddress: bytes,
          bufferedBytesPerCaller: bytes,
          bufferedBytesAnonymous: bytes,
          bufferedBytesAuthenticated: 2 * bytes,
        },
        new Counters(),
      );
      const app = express();
      app.put('/', async (request, response) => {
        outcome = readJson(request, response, { bytesMax: bytes, buffered, owner });
        request.on('end', () => setImmediate(onArrived));
        await outcome.catch(() => {});
        response.end();
      });
      server = app.listen(0, '127.0.0.1');
      await once(server, 'listening');
    });
    afterEach(() => server?.close());

    async function send(): Promise<void> {
      const { port } = server.address() as AddressInfo;
      await fetch(`http://127.0.0.1:${port}/`, {
        method: 'PUT',
        body,
        headers: { 'Content-Type': 'application/json', Connection: 'close' },
      });
    }

    it('counts for its owner until it is parsed', async () => {
      let use = 0;
      onArrived = () => {
        use = buffered.use.authenticated;
      };
      await send();
      assert.deepEqual((await outcome) as object, { value: JSON.parse(body), bytes: Buffer.from(body) });
      assert.deepEqual([use, buffered.use.authenticated], [Buffer.byteLength(body), 0]);
    });

    it('gets a rejection if its owner sends more than they may', async () => {
      onArrived = () => void buffered.reserve(owner, 8 * mebibyte, () => {});
      await send();
      await assert.rejects(outcome, { code: 'rate-limited' });
      assert.equal(buffered.use.authenticated, 8 * mebibyte);
    });
  });
});
