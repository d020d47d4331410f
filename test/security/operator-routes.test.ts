import assert from 'node:assert/strict';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { aPerson } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

describe('the routes of the operator API', () => {
  let server: TestServer;
  let owner: Awaited<ReturnType<typeof aPerson>>;
  before(async () => {
    // Each refused token counts as many requests.
    server = await startServer({ RATE_LIMIT_PER_ADDRESS: '1000000' });
    owner = await aPerson(server);
    await server.operate('PUT', `/users/${owner.userId}/`, { externalId: 'person' });
    const made = await server.operate('POST', '/organizations/', { name: 'Acme', slug: 'acme', ownerId: owner.userId });
    assert.equal(made.status, 201);
  });
  after(() => server?.stop());

  const pathOf = (path: string) => path.replace(':org', 'acme').replace(':user', owner.userId).replace(/:\w+/g, '1');
  const withBody = operatorRoutes.filter(({ method }) => method !== 'GET');
  const huge = JSON.stringify({ name: 'x'.repeat(8_000_000) });

  it('[S-01] [V8.3.1] refuse every caller but the operator', async () => {
    for (const { method, path } of operatorRoutes) {
      for (const token of [undefined, 'made-up', `${server.operatorToken}x`, owner.token]) {
        const { status } = await server.request(method, `/api/operator${pathOf(path)}`, token === undefined ? {} : { token });
        assert.equal(status, 401, `${method} ${path} with ${token}`);
      }
    }
  });

  it('[S-01] refuse a body of 8 MB, from others before it is read', async () => {
    for (const { method, path, metadata } of withBody) {
      const foreign = await server.request(method, `/api/operator${pathOf(path)}`, { token: owner.token, body: huge });
      assert.equal(foreign.status, 401, `${method} ${path}`);
      // The two imports have limits of their own.
      if (!metadata.bodyType) assert.equal((await server.operate(method, pathOf(path), huge)).status, 413, `${method} ${path}`);
    }
  });

  const hostile: readonly unknown[] = [
    null,
    7,
    true,
    [],
    {},
    { toString: 1 },
    '\u0000',
    '\ud800',
    'x'.repeat(8_192),
    'a b',
    'ü',
    '../',
    "';--",
  ];

  it('[H-49] return a client error for hostile values of each field', async () => {
    for (const { method, path, metadata } of withBody) {
      if (!metadata.body) continue;
      for (const key of Object.keys(metadata.body.shape)) {
        // These values may be valid here, and would end the other calls.
        if (path.endsWith('/jobs/retention/') || key === 'endTokens') continue;
        for (const value of hostile) {
          const { status } = await server.operate(method, pathOf(path), { [key]: value });
          assert.ok(status < 500, `${method} ${path} ${key} ${JSON.stringify(value)?.slice(0, 40)}: ${status}`);
        }
      }
    }
  });

  it('[H-49] return 400 for hostile external ids in a path, and 404 for unknown ones', async () => {
    const hostileIds = ['', ' ', 'a b', 'ü', '\u0001', 'x'.repeat(256), 'x'.repeat(8_192)];
    const named = operatorRoutes.flatMap((route) =>
      [':org', ':user'].flatMap((name) => (route.path.includes(name) ? { ...route, name } : [])),
    );
    for (const { method, path, metadata, name } of named) {
      if (metadata.bodyType) continue;
      const send = (id: string) =>
        server.operate(method, pathOf(path.replace(name, encodeURIComponent(`external:${id}`))), method === 'GET' ? undefined : {});
      for (const id of hostileIds) {
        const { status, body } = await send(id);
        assert.deepEqual([status, Object.keys(body)], [400, ['externalId']], `${method} ${path} ${id.slice(0, 10)}`);
      }
      // PUT creates what it names, if the body has everything.
      if (method !== 'PUT') assert.equal((await send('unknown')).status, 404, `${method} ${path}`);
    }
  });
});
