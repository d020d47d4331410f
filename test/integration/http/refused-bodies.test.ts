import assert from 'node:assert/strict';
import http from 'node:http';
import { gzipSync } from 'node:zlib';
import { routes } from '../../../server/src/http/routes.ts';
import { limitTable } from '../../../server/src/runtime/limits/limits.ts';
import { transferLimits } from '../../../server/src/runtime/limits/rows/transfers.ts';
import { gitlabSettings } from '../../support/providers/gitlab.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { headOf, openRaw } from '../../support/raw-connection.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const anonymousMax = limitTable.anonymousBodyBytes.default;

describe('a request body', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let outsider: Person;
  let org: ProvisionedOrg;
  const orgPath = () => `/api/0/organizations/${org.slug}/`;
  /** The forms of pages that work without JavaScript. */
  const smallForms = () => ['/login/', `/auth/sso/${org.id}/start/`, '/extensions/gitlab/group/'];
  const anonymousBodies = () => [
    ...['/api/0/auth/login/', '/extensions/gitlab/webhook/1/'].map((path) => ({ path, type: json })),
    ...[...smallForms(), `/saml/acs/${org.id}/`].map((path) => ({ path, type: form })),
  ];

  before(async () => {
    // Nothing listens at this address of GitLab.
    server = await startServer(gitlabSettings('http://127.0.0.1:9'));
    [owner, member, outsider] = await Promise.all([aPerson(server), aPerson(server), aPerson(server)]);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(() => server?.stop());

  /** The first response to the bytes sent so far, regardless of the rest of the body. */
  async function answerTo(head: string, ...parts: (string | Buffer)[]) {
    const raw = await openRaw(server.url);
    raw.socket.write(head);
    for (const part of parts) raw.socket.write(part);
    const text = await raw.receives(/\r\n\r\n.*}/s);
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)![1]), text, raw };
  }

  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'x-gzip', 'GZIP', 'gzip, identity']) {
    it(`[H-01] gets a rejection if it is compressed: ${encoding}`, async () => {
      const compressed = { 'Content-Encoding': encoding, 'Content-Length': '3600' };
      const { operatorToken } = server;
      const withToken = (path: string, token: string) => ({ path, type: { ...json, Authorization: `Bearer ${token}` } });
      for (const { path, type } of [
        ...anonymousBodies(),
        withToken(orgPath(), owner.token),
        withToken('/api/operator/users/', operatorToken),
        withToken(`/api/operator/organizations/${org.slug}/import/`, operatorToken),
      ]) {
        const { status, raw } = await answerTo(
          headOf({ method: path === orgPath() ? 'PUT' : 'POST', path, headers: { ...type, ...compressed } }),
        );
        raw.socket.destroy();
        assert.equal(status, 415, path);
      }
    });
  }

  it('[H-01] gets a rejection with a text that describes the remedy', async () => {
    const response = await fetch(`${server.url}/api/0/auth/login/`, {
      method: 'POST',
      headers: { ...json, 'Content-Encoding': 'gzip' },
      body: new Uint8Array(gzipSync(JSON.stringify({ username: 'a'.repeat(1_000_000), password: 'x' }))),
    });
    assert.deepEqual(
      [response.status, await response.json()],
      [415, { detail: 'Unsupported content encoding "gzip" in request. Send the body uncompressed.' }],
    );
  });

  it('[H-01] may have `Content-Encoding: identity`', async () => {
    const { status } = await server.request('PUT', orgPath(), {
      token: owner.token,
      body: { name: 'A name' },
      headers: { 'Content-Encoding': 'identity' },
    });
    assert.equal(status, 200);
  });

  it('[H-01] has at most 16 KiB without a credential', async () => {
    const login = (bytes: number) => {
      const around = JSON.stringify({ username: '', password: 'x' }).length;
      return server.request('POST', '/api/0/auth/login/', { body: { username: 'a'.repeat(bytes - around), password: 'x' } });
    };
    assert.equal((await login(anonymousMax)).status, 400);
    assert.equal((await login(anonymousMax + 1)).status, 413);
  });

  it('[H-01] has at most 64 KiB with a credential if its route needs no more', async () => {
    const create = (bytes: number) =>
      server.request('POST', `${orgPath()}teams/`, { token: owner.token, body: { slug: 'x'.repeat(bytes - 11) } });
    assert.equal((await create(transferLimits.bodyBytes.value)).status, 400);
    assert.equal((await create(transferLimits.bodyBytes.value + 1)).status, 413);
  });

  it('[H-01] may have megabytes once the caller has the role for it', async () => {
    const project = await server.request('POST', `${orgPath()}projects/`, { token: owner.token, body: { name: 'A project' } });
    assert.equal(project.status, 201);
    for (const path of [orgPath(), `/api/0/projects/${org.slug}/${project.body.slug}/`]) {
      for (const length of [{ 'Content-Length': String(transferLimits.settingsBytes.value) }, { 'Transfer-Encoding': 'chunked' }]) {
        for (const [caller, status] of [
          [outsider, 403],
          [member, 403],
        ] as const) {
          const headers = { ...json, ...length, Authorization: `Bearer ${caller.token}`, Expect: '100-continue' };
          const answer = await answerTo(headOf({ method: 'PUT', path, headers }));
          assert.equal(answer.status, status, answer.text);
          assert.match(answer.text, /\r\nConnection: close\r\n/);
          await answer.raw.closes();
        }
      }
      const raw = await openRaw(server.url);
      const body = JSON.stringify({ name: 'Renamed', unknown: 'x'.repeat(500_000) });
      const headers = { ...json, 'Content-Length': String(body.length), Authorization: `Bearer ${owner.token}`, Expect: '100-continue' };
      raw.socket.write(headOf({ method: 'PUT', path, headers }));
      await raw.receives(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
      raw.socket.write(body);
      await raw.receives(/HTTP\/1\.1 200 OK/);
      raw.socket.destroy();
    }
  });

  it('[H-01] may be large only on routes that name their permitted callers', () => {
    const unguarded = routes.filter((route) => (route.bodyBytesMax ?? 0) > 128 * 1024 && route.authorizeLargeBody === undefined);
    assert.deepEqual(
      unguarded.map(({ method, path }) => `${method} ${path}`),
      [],
    );
    const open = routes.filter(({ callers, bodyBytesMax: own }) => callers === 'anyone' && own !== undefined);
    assert.deepEqual(
      open.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });

  it('[H-01] gets a rejection at the size limit if it never ends', async () => {
    const head = headOf({ method: 'POST', path: '/api/0/auth/login/', headers: { ...json, 'Transfer-Encoding': 'chunked' } });
    const raw = await openRaw(server.url);
    raw.socket.write(head);
    const chunk = `4000\r\n${'1'.repeat(0x4000)}\r\n`;
    let sent = 0;
    const more = () => {
      while (!raw.isClosed() && sent < 200_000_000) {
        sent += chunk.length;
        if (!raw.socket.write(chunk)) return void raw.socket.once('drain', more);
      }
    };
    more();
    const text = await raw.receives(/}$/);
    assert.match(text, /^HTTP\/1\.1 413 /);
    await raw.closes();
    assert.ok(raw.socket.bytesWritten < 20_000_000, `${raw.socket.bytesWritten} bytes were taken`);
  });

  it('[H-01] gets a rejection if it arrives byte by byte', async () => {
    for (const { path, type } of anonymousBodies()) {
      const head = headOf({ method: 'POST', path, headers: { ...type, 'Transfer-Encoding': 'chunked' } });
      const { status, text, raw } = await answerTo(head, '1\r\n1\r\n'.repeat(10_000));
      assert.equal(status, 400, path);
      assert.match(text, /too many small pieces/, path);
      await raw.closes();
    }
  });

  it('[H-01] has at most 4 KiB if it is the form of a page, and gets the rejection before the rest has arrived', async () => {
    const answerToForm = (path: string, length: Record<string, string>, ...parts: string[]) =>
      answerTo(headOf({ method: 'POST', path, headers: { ...form, ...length } }), ...parts);
    for (const path of smallForms()) {
      for (const [length, ...parts] of [
        [{ 'Content-Length': '4097' }],
        [{ 'Content-Length': '100000' }, 'a=b'],
        [{ 'Transfer-Encoding': 'chunked' }, `1001\r\n${'a'.repeat(0x1001)}\r\n`],
      ] as const) {
        const { status, raw } = await answerToForm(path, length, ...parts);
        raw.socket.destroy();
        assert.equal(status, 413, path);
      }
    }
    const whole = await fetch(`${server.url}/login/`, { method: 'POST', headers: form, body: `email=${'a'.repeat(4_090)}` });
    assert.equal(whole.status, 200);
    assert.match(await whole.text(), /a{4090}/);
  });

  it('[H-01] leaves the connection open if it is small and unread', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (let n = 0; n < 3; n++) {
      await new Promise<void>((resolve, reject) => {
        const request = http.request(`${server.url}${orgPath()}`, { method: 'PUT', agent, headers: json }, (response) => {
          assert.equal(response.statusCode, 401);
          sockets.add(response.socket);
          response.resume().on('end', resolve);
        });
        request.on('error', reject);
        request.end(JSON.stringify({ name: 'x'.repeat(10_000) }));
      });
    }
    agent.destroy();
    assert.equal(sockets.size, 1);
  });

  it('[H-01] lets the client read the rejection if it has 8 MB and is rejected early', async () => {
    const body = JSON.stringify({ name: 'x'.repeat(8_000_000) });
    for (const token of [undefined, outsider.token, owner.token]) {
      const { status } = await server.request('PUT', orgPath(), { ...(token && { token }), body });
      assert.equal(status, { [outsider.token]: 403, [owner.token]: 413 }[token ?? ''] ?? 401);
    }
  });

  it('[H-01] gets a rejection before all of its 8 MB have arrived, and is never parsed', async () => {
    const length = { ...json, 'Content-Length': '8000000' };
    const refused = async (method: string, path: string, headers: Record<string, string>) => {
      const { status, raw } = await answerTo(headOf({ method, path, headers: { ...length, ...headers } }), '[{"a":"b"},');
      await raw.closes();
      return status;
    };
    assert.equal(await refused('PUT', orgPath(), { Authorization: `Bearer ${outsider.token}` }), 403);
    assert.equal(await refused('PUT', orgPath(), { Authorization: `Bearer ${owner.token}` }), 413);
    assert.equal(await refused('POST', '/api/0/auth/login/', {}), 413);
  });

  it('[H-01] [W5] belongs to the request’s identity, byte by byte', async () => {
    const put = (body: string, type = 'application/json') =>
      server.request('PUT', orgPath(), { token: owner.token, body, headers: { 'Idempotency-Key': 'bytes', 'Content-Type': type } });
    assert.equal((await put('{"name":"By bytes"}')).status, 200);
    assert.equal((await put('{"name":"By bytes"}')).status, 200);
    assert.equal((await put('{"name": "By bytes"}')).status, 422);
  });
});
