import assert from 'node:assert/strict';
import express from 'express';
import { pino } from 'pino';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { routes } from '../../server/src/http/routes.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { anOrganizationOf, aPerson } from '../support/provision.ts';
import { headOf, openRaw } from '../support/raw-connection.ts';
import { apiOf, startServer, type TestServer } from '../support/server.ts';
import { anOwnerAccount, aWholeOrganization, type WholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf } from './writing-routes.ts';

/** The headers of every response of a server with https. */
const always = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
};
const ofData = {
  ...always,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
};

function assertHeaders(headers: Headers, expected: Readonly<Record<string, string>>, what: string): void {
  for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, `${what}: ${name}`);
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/, what);
  assert.match(policy, /frame-ancestors 'none'/, what);
}

/** The headers of a raw response, of which each occurs once. */
function headersOf(raw: string): Headers {
  const [, ...lines] = raw.split('\r\n\r\n')[0]!.split('\r\n');
  const names = lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  assert.deepEqual(names.toSorted(), [...new Set(names)].toSorted(), 'a header occurs twice');
  return new Headers(lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
}

/** A server behind a balancer with TLS. The test calls it directly. */
async function startWithHttps(perAddress: string): Promise<TestServer> {
  const PORT = String(await freePort());
  const environment = { PORT, HOST: '127.0.0.1', PUBLIC_URL: 'https://rollcall.example.com', RATE_LIMIT_PER_ADDRESS: perAddress };
  const server = await startServer(environment);
  const url = `http://127.0.0.1:${PORT}`;
  return { ...server, url, ...apiOf(url, server.operatorToken) };
}

describe('the headers of responses', () => {
  let server: TestServer;
  let org: WholeOrganization;

  before(async () => {
    server = await startWithHttps('1000000');
    org = await aWholeOrganization(server, await anOwnerAccount(server));
  });
  after(() => server?.stop());

  it('[V3.4.1] [V3.4.3] [V3.4.4] [V3.4.6] [V14.3.2] protect every route of the REST API, also its refusals', async () => {
    const statuses = new Set<number>();
    const call = async (what: string, path: string, options: Parameters<TestServer['request']>[2]) => {
      const { status, headers } = await server.request(what.split(' ')[0]!, path, options);
      statuses.add(status);
      assertHeaders(headers, ofData, `${what} ${status}`);
    };
    for (const { method, path } of routes) {
      const names = Object.fromEntries(parametersOf(path).map((name) => [name, namesOf(org, path, name)[0]!]));
      const filled = fillIn(path, names);
      await call(`${method} ${path}`, filled, {});
      await call(`OPTIONS ${path}`, filled, {});
      const isStream = path.endsWith('/changes/stream/');
      if (method === 'GET' && !isStream) await call(`GET ${path}`, filled, { token: org.owner.token });
      else if (!isStream) await call(`${method} ${path}`, filled, { token: org.people.member.token, body: '[' });
    }
    for (const expected of [200, 401, 400]) assert.ok(statuses.has(expected), `${expected} in ${[...statuses]}`);
  });

  it('[V3.4.4] [V14.3.2] protect a stream of changes', async () => {
    const { headers } = await server.request('GET', `/api/0/organizations/${org.slug}/changes/stream/`, { token: org.owner.token });
    assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assertHeaders(headers, ofData, 'the stream');
  });

  it('[V3.4.1] [V3.4.4] [V3.4.6] [V14.3.2] protect every route of the operator', async () => {
    for (const { method, path } of operatorRoutes) {
      const filled = `/api/operator${path.replace(/:\w+/g, '1')}`;
      const anonymous = await server.request(method, filled);
      assertHeaders(anonymous.headers, ofData, `${method} ${path} ${anonymous.status}`);
      const body = method === 'GET' ? {} : { body: '[' };
      const { status, headers } = await server.request(method, filled, { token: server.operatorToken, ...body });
      assertHeaders(headers, ofData, `${method} ${path} ${status}`);
    }
  });

  it('[V3.4.1] [V3.4.4] [V3.4.6] [V14.3.2] protect what no route serves, and what comes before the routes', async () => {
    const big = `{"name": "${'x'.repeat(2_000_000)}"}`;
    const { token } = org.owner;
    for (const [method, path, status, options] of [
      ['GET', '/healthz', 200, {}],
      ['GET', '/readyz', 200, {}],
      ['GET', '/metrics', 401, {}],
      ['GET', '/nowhere', 404, {}],
      ['GET', '/api/0/nowhere/', 404, { token }],
      ['PATCH', '/api/0/organizations/', 405, { token }],
      ['POST', '/api/0/organizations/', 413, { token, body: big }],
      ['POST', '/api/0/organizations/', 415, { token, body: 'a', headers: { 'Content-Type': 'text/plain' } }],
      ['GET', '/api/0/organizations/%ff/', 400, { token }],
      ['GET', '/organizations/x/', 302, {}],
      ['GET', '/accept/1/x/y', 404, {}],
    ] as const) {
      const answer = await server.request(method, path, options);
      assert.equal(answer.status, status, `${method} ${path}`);
      assertHeaders(answer.headers, ofData, `${method} ${path}`);
    }
  });

  it('[V3.4.1] [V3.4.3] [V3.4.4] [V3.4.6] [V14.3.2] protect pages, whose policy allows their own scripts', async () => {
    const paths = ['/login/', '/forgot-password/', '/reset-password/', '/remove-email/', '/verify-email/', '/accept/', '/operations/'];
    for (const path of [...paths, '/auth/login/nowhere/', '/nothing/']) {
      const { headers } = await server.request('GET', path, { headers: { Accept: 'text/html' } });
      assertHeaders(headers, { ...always, 'cache-control': 'no-store' }, path);
      assert.match(headers.get('content-security-policy')!, /script-src 'self'; .*base-uri 'none'/, path);
    }
  });

  it('[V3.4.4] [V3.4.6] let caches keep only what has a validator and is the same for everyone', async () => {
    const image = Buffer.from('89504e470d0a1a0a', 'hex').toString('base64');
    const put = { token: org.owner.token, body: { avatarType: 'upload', avatar: image } };
    const { body } = await server.request('PUT', `/api/0/organizations/${org.slug}/`, put);
    const avatar = new URL(body.avatar.avatarUrl).pathname;
    const console = await server.request('GET', '/operations/');
    const [asset] = /\/assets\/[\w.-]+\.js/.exec(console.body)!;
    for (const path of [
      '/pages/page.js',
      '/pages/tokens.css',
      '/favicon.ico',
      '/pages/reference.js',
      '/api/docs',
      '/api/0/openapi.json',
      avatar,
      asset,
    ]) {
      const first = await server.request('GET', path);
      assert.equal(first.status, 200, path);
      assert.match(first.headers.get('cache-control')!, /^public, ?max-age=/, path);
      const again = await server.request('GET', path, { headers: { 'If-None-Match': first.headers.get('etag')!, 'Cache-Control': '' } });
      assert.equal(again.status, 304, path);
      for (const { headers } of [first, again]) {
        assertHeaders(headers, always, path);
        // A 304 replaces the headers that the browser has stored.
        for (const name of ['content-security-policy', 'cross-origin-resource-policy', 'cache-control'])
          assert.equal(headers.get(name), first.headers.get(name), `${path}: ${name}`);
      }
    }
    const { headers } = await server.request('GET', avatar);
    assert.equal(headers.get('cross-origin-resource-policy'), 'cross-origin', 'pages of other origins show it');
  });

  it('[V3.4.1] [V3.4.4] [V3.4.6] [V14.3.2] protect refusals on a connection without a request', async () => {
    const upgrade = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    };
    const socket = '/socket.io/?EIO=4&transport=websocket';
    for (const [what, status, sent] of [
      ['no HTTP', 400, 'nonsense\r\n\r\n'],
      ['an upgrade elsewhere', 400, headOf({ path: '/api/0/', headers: upgrade })],
      ['CONNECT', 405, headOf({ method: 'CONNECT', path: 'example.com:443' })],
      ['an expectation', 417, headOf({ path: '/api/0/', headers: { Expect: 'magic' } })],
      ['a large head', 431, headOf({ path: '/api/0/', headers: { 'X-Large': 'x'.repeat(40_000) } })],
      ['an invalid URL', 400, headOf({ path: 'http://[::/api/0/' })],
      ['JSONP', 400, headOf({ path: `${socket}&j=1`, headers: upgrade })],
      ['a foreign origin', 400, headOf({ path: socket, headers: { ...upgrade, Origin: 'https://evil.example.com' } })],
      ['an unknown session', 400, headOf({ path: `${socket}&sid=unknown`, headers: upgrade })],
      ['an unknown transport', 400, headOf({ path: '/socket.io/?EIO=4&transport=pigeon', headers: upgrade })],
      ['a wrong key', 400, headOf({ path: socket, headers: { ...upgrade, 'Sec-WebSocket-Key': 'short' } })],
      ['a wrong version', 400, headOf({ path: socket, headers: { ...upgrade, 'Sec-WebSocket-Version': '7' } })],
      ['an unknown session without an upgrade', 400, headOf({ path: '/socket.io/?EIO=4&transport=polling&sid=unknown' })],
      ['polling', 200, headOf({ path: '/socket.io/?EIO=4&transport=polling' })],
    ] as const) {
      const raw = await openRaw(server.url);
      raw.socket.write(sent);
      const received = await raw.receives(/\r\n\r\n./s);
      raw.socket.destroy();
      assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `), what);
      assertHeaders(headersOf(received), ofData, what);
    }
  });

  it('[V3.4.1] omit HSTS without https', async () => {
    const plain = await startServer();
    const { headers } = await plain.request('GET', '/login/');
    await plain.stop();
    assert.equal(headers.get('strict-transport-security'), null);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  });

  it('protect a caller beyond a limit', async () => {
    const limited = await startWithHttps('1');
    try {
      for (const path of ['/api/0/', '/login/', '/socket.io/?EIO=4&transport=polling']) {
        await eventually(async () => {
          const { status, headers } = await limited.request('GET', path);
          assert.equal(status, 429, path);
          assertHeaders(headers, ofData, path);
        });
      }
    } finally {
      await limited.stop();
    }
  });

  describe('the headers of responses beside an app of the embedding program', () => {
    let embedded: TestServer;
    before(async () => {
      const app = express();
      app.get('/mine', (_request, response) => void response.set('Content-Security-Policy', "default-src 'self'").send('mine'));
      app.get('/fails', () => {
        throw new Error('of the app');
      });
      embedded = await startServer({}, { app, log: pino({ level: 'silent' }) });
    });
    after(() => embedded?.stop());

    it('leave responses of the app unchanged', async () => {
      const { headers } = await embedded.request('GET', '/mine');
      assert.equal(headers.get('content-security-policy'), "default-src 'self'");
      for (const name of ['x-frame-options', 'cache-control', 'cross-origin-resource-policy', 'referrer-policy'])
        assert.equal(headers.get(name), null, name);
    });

    it('protect what the app passes on, and the responses to its errors', async () => {
      const owner = await aPerson(embedded);
      const { slug } = await anOrganizationOf(embedded, owner);
      const { 'strict-transport-security': _, ...expected } = ofData;
      for (const path of ['/fails', `/api/0/organizations/${slug}/`, '/healthz'])
        assertHeaders((await embedded.request('GET', path, { token: owner.token })).headers, expected, path);
    });
  });
});
