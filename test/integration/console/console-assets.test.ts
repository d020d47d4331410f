import assert from 'node:assert/strict';
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import { serveAssets } from '../../../server/src/http/pages/console-assets.ts';
import { eventually } from '../../support/eventually.ts';
import { headOf, openRaw } from '../../support/raw-connection.ts';
import { makeTemporaryDirectory } from '../../support/run-directory.ts';

/** More than the kernel and a stream buffer for a client that does not read. */
const asset = 'x'.repeat(8 * 1024 * 1024);
const name = 'index-3f2a.js';

describe('assets of the console', () => {
  let folder: string;
  let server: Server;
  let url: string;

  before(async () => {
    folder = makeTemporaryDirectory('assets');
    writeFileSync(path.join(folder, name), asset);
    writeFileSync(path.join(folder, `${name}.br`), 'compressed');
    server = createServer(express().use('/assets', serveAssets(folder)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const get = (headers: Readonly<Record<string, string>>, method = 'GET') => fetch(`${url}/assets/${name}`, { method, headers });
  const plain = { 'Accept-Encoding': 'identity' };

  it('[H-05] [V1.4.3] leave no file open when their clients go without reading them', async () => {
    for (let n = 0; n < 5; n++) {
      const raw = await openRaw(url);
      raw.socket.write(headOf({ path: `/assets/${name}`, headers: plain }).repeat(5));
      await raw.receives(/xxx/);
      raw.socket.resetAndDestroy();
    }
    await eventually(async () => {
      const connections = await new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
      assert.equal(connections, 0);
    });
    const open = readdirSync('/proc/self/fd').filter((descriptor) => linkOf(descriptor)?.includes(name));
    assert.deepEqual(open, []);
  });

  it('[H-05] ignore an impossible range, and come whole', async () => {
    for (const range of ['bytes=5-2', 'bytes=0-99999999999999999999', 'bytes=-0', 'bytes=9999999999-']) {
      const response = await get({ ...plain, Range: range });
      assert.equal(response.status, 200, range);
      assert.equal((await response.text()).length, asset.length, range);
    }
  });

  it('have the encoding that the client accepts, and no body for HEAD or a client that has them', async () => {
    const compressed = await get({ 'Accept-Encoding': 'gzip, deflate, br' }, 'HEAD');
    assert.equal(compressed.headers.get('content-encoding'), 'br');
    assert.equal(compressed.headers.get('content-length'), '10');
    for (const headers of [{ 'Accept-Encoding': 'br;q=0, gzip' }, { 'Accept-Encoding': 'breeze' }]) {
      assert.equal((await get(headers, 'HEAD')).headers.get('content-encoding'), null);
    }
    const whole = await get(plain, 'HEAD');
    assert.equal(whole.headers.get('content-encoding'), null);
    assert.equal(whole.headers.get('content-type'), 'text/javascript; charset=utf-8');
    assert.equal(whole.headers.get('vary'), 'Accept-Encoding');
    // Without the last header, Node's `fetch` would send `no-cache`.
    const known = await get({ ...plain, 'If-None-Match': whole.headers.get('etag')!, 'Cache-Control': 'max-age=0' });
    assert.deepEqual([known.status, (await known.text()).length], [304, 0]);
    assert.equal((await get({}, 'POST')).status, 404);
    assert.equal((await fetch(`${url}/assets/${name}.br`)).status, 404);
  });

  it('[V5.3.2] remain available when an upgrade has removed their files', async () => {
    rmSync(path.join(folder, name));
    const response = await get(plain);
    assert.equal(response.status, 200);
    assert.equal((await response.text()).length, asset.length);
  });
});

/** Null for a descriptor that was closed since. */
function linkOf(descriptor: string): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return null;
  }
}
