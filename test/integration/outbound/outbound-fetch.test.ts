import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { parseAllowedDestinations } from '../../../server/src/outbound/allowed-destinations.ts';
import { Outbound, type OutboundOptions } from '../../../server/src/outbound/outbound.ts';
import { outboundFetch } from '../../../server/src/outbound/outbound-fetch.ts';
import { Counters } from '../../../server/src/runtime/metrics/counters.ts';
import { ForeignServer } from '../../support/foreign-server.ts';

const bodyBytesMax = 1_000;

describe('fetch for libraries', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function serve(respond?: RequestListener): Promise<ForeignServer> {
    const server = await ForeignServer.start(respond);
    closing.push(() => server.stop());
    return server;
  }

  function fetchOf(allowed: readonly string[], resolve?: OutboundOptions['resolve']) {
    const outbound = new Outbound({
      allowed: parseAllowedDestinations(allowed)!,
      publicUrl: 'https://rollcall.example.com',
      servicePorts: new Set(),
      counters: new Counters(),
      ...(resolve && { resolve }),
    });
    closing.push(() => outbound.close());
    return outboundFetch(outbound, { caller: '1', purpose: 'login' }, bodyBytesMax);
  }

  it('sends a form and returns a Response', async () => {
    let received = '';
    const server = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (chunk) => (received += chunk));
      request.on('end', () => response.writeHead(200, { 'Content-Type': 'application/json', 'Set-Cookie': ['a=1', 'b=2'] }).end('{"a":1}'));
    });
    const response = await fetchOf(['127.0.0.1'])(`http://127.0.0.1:${server.port}/token`, {
      method: 'POST',
      headers: { Authorization: 'Basic x' },
      body: new URLSearchParams({ grant_type: 'authorization_code' }),
      redirect: 'manual',
    });
    assert.deepEqual([response.status, await response.json(), response.headers.getSetCookie()], [200, { a: 1 }, ['a=1', 'b=2']]);
    const [{ headers }] = server.requests as [ForeignServer['requests'][0]];
    assert.deepEqual([headers.authorization, received], ['Basic x', 'grant_type=authorization_code']);
    assert.match(headers['content-type']!, /^application\/x-www-form-urlencoded/);
  });

  it('returns responses without a body, and refuses a status that a Response cannot have', async () => {
    const server = await serve((request, response) => void response.writeHead(Number(request.url!.slice(1))).end());
    const fetch = fetchOf(['127.0.0.1']);
    for (const status of [204, 205, 304, 404, 500]) {
      assert.equal((await fetch(`http://127.0.0.1:${server.port}/${status}`)).status, status);
    }
    await assert.rejects(fetch(`http://127.0.0.1:${server.port}/700`), { outcome: 'http' });
  });

  it('[S-40] rejects for internal addresses, localhost and names that resolve to them', async () => {
    const server = await serve();
    const rebinding = [['1.1.1.1'], ['127.0.0.1']];
    const resolve = async (name: string) => {
      const addresses = name === 'rebinding.example' ? rebinding.pop()! : ['169.254.169.254'];
      return addresses.map((address) => ({ address, family: 4 }));
    };
    for (const host of ['169.254.169.254', 'metadata.example', 'rebinding.example', '127.0.0.1', '[::1]']) {
      await assert.rejects(fetchOf([], resolve)(`https://${host}:${server.port}/.well-known/openid-configuration`), {
        name: 'OutboundError',
        outcome: 'refused-address',
      });
    }
    await assert.rejects(fetchOf([])(`https://localhost:${server.port}/`), { outcome: 'refused-address' });
    assert.equal(server.connections, 0);
  });

  it('[S-40] does not follow a redirect, even if it is asked to', async () => {
    const inside = await serve();
    const server = await serve(
      (_request, response) => void response.writeHead(302, { Location: `http://127.0.0.1:${inside.port}/` }).end(),
    );
    const response = await fetchOf(['127.0.0.1'])(`http://127.0.0.1:${server.port}/`, { redirect: 'follow' });
    assert.deepEqual([response.status, response.redirected], [302, false]);
    assert.equal(inside.connections, 0);
  });

  it('[S-40] rejects for a response above the limit', async () => {
    const server = await serve((_request, response) => void response.end(Buffer.alloc(bodyBytesMax + 1)));
    await assert.rejects(fetchOf(['127.0.0.1'])(`http://127.0.0.1:${server.port}/`), { outcome: 'too-large' });
  });
});
