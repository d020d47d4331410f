import assert from 'node:assert/strict';
import { type Account, anAccount, logIn } from '../../support/log-in.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the console as served by the server', () => {
  let server: TestServer;
  let account: Account;
  let cookie: string;

  before(async () => {
    server = await startServer();
    account = await anAccount(server);
    cookie = await logIn(server, account);
  });
  after(() => server?.stop());

  it('[V1.2.3] [V14.2.2] [V14.3.2] has one document at each of its addresses, never cached, with a policy that blocks foreign and inline content', async () => {
    const bodies = new Set<string>();
    for (const path of ['/', '/organizations/acme/members/7/', '/account/', '/operations/']) {
      const { status, headers, body } = await server.request('GET', path, { cookie });
      assert.equal(status, 200, path);
      assert.equal(headers.get('cache-control'), 'no-store');
      const policy = headers.get('content-security-policy')!;
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
      assert.doesNotMatch(policy, /unsafe|\*|https:/);
      assert.match(policy, new RegExp(`connect-src 'self' ${server.url.replace('http', 'ws')};`));
      bodies.add(body);
    }
    assert.equal(bodies.size, 1);
    assert.doesNotMatch([...bodies][0]!, /<style|style=|<script(?![^>]* src=)| on\w+=/);
  });

  it('has assets that browsers cache for a year, compressed in advance', async () => {
    const { body } = await server.request('GET', '/', { cookie });
    const assets = [...body.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
    assert.ok(assets.length >= 2, body);
    for (const path of assets) {
      for (const encoding of ['br', 'gzip']) {
        const { status, headers } = await server.request('GET', path, { headers: { 'Accept-Encoding': encoding } });
        assert.equal(status, 200);
        assert.equal(headers.get('content-encoding'), encoding, path);
        assert.equal(headers.get('cache-control'), 'public,max-age=31536000,immutable');
      }
    }
  });

  it('returns a page to browsers for an unknown address, and the contract’s response to programs', async () => {
    const asBrowser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const page = await server.request('GET', '/no-such-page/', { headers: asBrowser });
    assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8']);
    assert.match(page.body, /Page not found[\s\S]*<a href="\/">Go to the console<\/a>/);
    for (const [method, path, headers] of [
      ['GET', '/no-such-page/', { Accept: '*/*' }],
      ['POST', '/no-such-page/', asBrowser],
      ['GET', '/api/0/no-such-thing/', asBrowser],
    ] as const) {
      const { status, body } = await server.request(method, path, { headers });
      assert.deepEqual([status, body], [404, ''], `${method} ${path}`);
    }
  });

  it('redirects a visitor without a session to the login, with the requested page as the target', async () => {
    const { status, headers } = await server.request('GET', '/organizations/acme/members/?role=owner');
    assert.equal(status, 302);
    assert.equal(headers.get('location'), `/login/?next=${encodeURIComponent('/organizations/acme/members/?role=owner')}`);
  });

  it('redirects other local host names to one, because it accepts writes from one origin only', async () => {
    const { port } = new URL(server.url);
    const sent = await fetch(`http://localhost:${port}/login/?next=%2F`, { redirect: 'manual' });
    assert.equal(sent.status, 302);
    assert.equal(sent.headers.get('location'), `${server.url}/login/?next=%2F`);
    assert.equal((await fetch(`http://localhost:${port}/healthz`)).status, 200);
  });

  it('leaves all other addresses unchanged', async () => {
    for (const [path, method] of [
      ['/assets/nothing.js', 'GET'],
      ['/elsewhere/', 'GET'],
      ['/organizations/acme/', 'POST'],
      ['/assets/..%2findex.html', 'GET'],
    ] as const) {
      assert.equal((await server.request(method, path, { cookie })).status, 404, path);
    }
  });
});
