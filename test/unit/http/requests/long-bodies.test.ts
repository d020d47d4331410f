import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { canonicalJson } from '@rollcall/protocol';
import express, { type Request } from 'express';
import { decodeImage, readImage } from '../../../../server/src/http/requests/images.ts';
import { readIdempotencyKey } from '../../../../server/src/http/requests/parsed-request.ts';
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
});
