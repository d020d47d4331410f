import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { canRun, run } from '../../support/executables.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { skipBecause } from '../../support/skip.ts';

const { version } = JSON.parse(readFileSync(new URL('../../../server/package.json', import.meta.url), 'utf8')) as { version: string };

describe('the API’s description of itself', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const get = (path: string, headers: Record<string, string> = {}) => server.request('GET', path, { headers });

  it('has public access, also for pages of other origins, and contains the version', async () => {
    const { status, headers, body } = await get('/api/0/openapi.json');
    assert.deepEqual([status, headers.get('content-type'), headers.get('access-control-allow-origin')], [200, 'application/json', '*']);
    assert.deepEqual([body.openapi, body.info.version], ['3.1.1', version]);
    assert.ok(body.paths['/api/operator/users/{user}/tokens/'].post, 'the operator API is missing');
  });

  it('returns 304 to a client with the current version', async () => {
    for (const path of ['/api/0/openapi.json', '/api/docs/']) {
      const { headers } = await get(path);
      assert.equal(headers.get('cache-control'), 'public, max-age=0, must-revalidate');
      // Requests like a browser. Without `Cache-Control`, fetch would request an uncached response.
      const again = await get(path, { 'If-None-Match': headers.get('etag')!, 'Cache-Control': 'max-age=0' });
      assert.deepEqual([again.status, again.body], [304, ''], path);
    }
  });

  it('has an HTML page with a link target for every endpoint and every schema', async () => {
    const { body: document } = await get('/api/0/openapi.json');
    const { status, headers, body: page } = await get('/api/docs');
    assert.deepEqual([status, headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    assert.equal((await get('/api/docs/')).body, page);
    const operations = Object.values<Record<string, { operationId: string }>>(document.paths).flatMap((methods) => Object.values(methods));
    assert.ok(operations.length > 80, 'the document is nearly empty');
    const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const { operationId } of operations) assert.ok(anchors.has(operationId), `no place for ${operationId}`);
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.ok(anchors.has(target), `#${target} has no target`);
  });

  it('has a command line for every operation, which a shell can run', async function () {
    if (!(await canRun('curl', ['--version']))) skipBecause(this, 'curl is not installed');
    const { body: page } = await get('/api/docs');
    const lines = new Map(
      [...page.matchAll(/<details class="operation" id="(\w+)".*?<pre><code>(.*?)<\/code>/gs)].map(([, id, line]) => [id, plain(line)]),
    );
    const { body: document } = await get('/api/0/openapi.json');
    assert.equal(lines.size, Object.values(document.paths).flatMap((methods) => Object.keys(methods as object)).length);

    const owner = await aPerson(server);
    const { slug: org } = await anOrganizationOf(server, owner);
    const env = { ...process.env, ROLLCALL_URL: server.url, TOKEN: owner.token, OPERATOR_TOKEN: server.operatorToken, org };
    const call = async (id: string) => JSON.parse(await run('sh', ['-c', lines.get(id)!], { env }));
    assert.equal((await call('readSelf')).id, owner.userId);
    assert.deepEqual((await call('createTeam')).isMember, true);
    assert.equal((await call('readHealth')).status, 'ok');
  });

  it('[H-51] has an icon, also at the default path that browsers request', async () => {
    assert.match((await get('/api/docs')).body, /<link rel="icon" href="\/pages\/icon\.svg">/);
    for (const path of ['/pages/icon.svg', '/favicon.ico']) {
      const { status, headers } = await get(path);
      assert.deepEqual([status, headers.get('content-type')], [200, 'image/svg+xml; charset=utf-8'], path);
    }
  });

  it('[V14.2.3] loads nothing on that page but our own style and script, which a strict policy allows', async () => {
    const { headers, body: page } = await get('/api/docs/');
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self'; style-src 'self';/);
    const loaded = [...page.matchAll(/<(?:script|link|img|iframe)[^>]* (?:src|href)="([^"]+)"/g)].map(([, url]) => url);
    assert.deepEqual(loaded, ['/pages/icon.svg', '/pages/reference.css', '/pages/reference.js']);
    assert.doesNotMatch(page, /<style|<script(?! src)|\sstyle=|\son[a-z]+=/);
    for (const [path, type] of [
      ['/pages/reference.css', 'text/css; charset=utf-8'],
      ['/pages/reference.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const asset = await get(path);
      assert.deepEqual([asset.status, asset.headers.get('content-type')], [200, type]);
      assert.doesNotMatch(asset.body, /https?:\/\//);
    }
  });
});

/** The text of an HTML fragment without elements. */
function plain(html = ''): string {
  return html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}
