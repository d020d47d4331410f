import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { expandOperatorScopes, type OperatorScope, operatorScopes } from '@rollcall/protocol';
import { sql } from 'kysely';
import { operatorRoutes } from '../../server/src/http/operator/router.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

const path = '/operator-tokens/';
const dayMs = 24 * 60 * 60 * 1_000;

/** The routes by the scope that they need. Another scope for a route is a decision of its own. */
const routesByScope: Readonly<Record<OperatorScope, readonly string[]>> = {
  'metrics:read': ['GET /health/', 'GET /instances/'],
  'operator:read': [
    'GET /users/',
    'GET /users/:user/',
    'GET /users/:user/erasure/',
    'GET /users/:user/tokens/',
    'GET /sessions/',
    'GET /service-tokens/',
    'GET /operator-tokens/',
    'GET /secret-rotation/',
    'GET /security-events/',
    'GET /organizations/:org/export/',
    'GET /organizations/:org/export/:export/',
    'GET /organizations/',
    'GET /organizations/:org/',
    'GET /organizations/:org/state/',
    'GET /organizations/:org/members/',
    'GET /organizations/:org/security/',
    'GET /organizations/:org/plan/',
    'GET /outlets/',
  ],
  'operator:provision': [
    'POST /users/',
    'PUT /users/:user/',
    'POST /organizations/import/',
    'POST /organizations/',
    'PUT /organizations/:org/',
    'POST /organizations/:org/members/',
    'PUT /organizations/:org/members/:user/',
    'DELETE /organizations/:org/members/:user/',
    'POST /organizations/:org/import/',
  ],
  'operator:admin': [
    'DELETE /users/:user/',
    'POST /users/:user/tokens/',
    'DELETE /users/:user/tokens/:token/',
    'POST /users/:user/authenticators/',
    'DELETE /users/:user/sessions/',
    'DELETE /sessions/',
    'POST /service-tokens/',
    'DELETE /service-tokens/:token/',
    'POST /operator-tokens/',
    'POST /secret-rotation/',
    'DELETE /operator-tokens/:token/',
    'POST /organizations/:org/export/',
    'DELETE /organizations/:org/',
    'POST /organizations/:org/tokens/',
    'DELETE /organizations/:org/ip-allow-list/',
    'DELETE /organizations/:org/require-link/',
    'PUT /organizations/:org/plan/',
    'POST /jobs/directories/',
    'POST /jobs/retention/',
  ],
};

describe('operator tokens', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    instances = await startInstances(2, { environment: { RATE_LIMIT_PER_ADDRESS: '1000000' } });
    [server, other] = instances.servers as [TestServer, TestServer];
    org = await anOrganizationOf(server, await aPerson(server));
  });
  after(() => instances?.stop());
  afterEach(async () => {
    for (const { id } of (await server.operate('GET', path)).body) await server.operate('DELETE', `${path}${id}/`);
  });

  const make = async (scopes: readonly OperatorScope[], name = 'deploy-bot', fields: object = {}) => {
    const { status, body } = await server.operate('POST', path, { name, scopes, ...fields });
    assert.equal(status, 201, JSON.stringify(body));
    return body as { readonly id: string; readonly token: string; readonly expiresAt: string };
  };
  const send = (at: TestServer, token: string, method: string, to: string, body?: unknown) =>
    at.request(method, `/api/operator${to}`, { token, ...(body !== undefined && { body }) });
  const health = async (at: TestServer, token: string) => (await send(at, token, 'GET', '/health/')).status;
  const audit = async () =>
    (await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { token: org.owner.token })).body.rows as {
      event: string;
      actor: object | null;
      operator?: { name: string };
    }[];

  it('[V8.2.1] the table has the scope of every route', () => {
    const found = operatorRoutes.map(({ method, path: at, scope }) => `${scope} ${method} ${at}`);
    const listed = operatorScopes.flatMap((scope) => routesByScope[scope].map((route) => `${scope} ${route}`));
    assert.deepEqual(found.toSorted(), listed.toSorted());
  });

  it('[V13.2.2] each scope opens its routes and those of the scopes after it, and no others', async () => {
    const pathOf = (at: string) => at.replace(':org', '0').replace(':user', '0').replace(/:\w+/g, '0');
    for (const scope of operatorScopes) {
      const { token } = await make([scope], scope.replace(':', '-'));
      const held = expandOperatorScopes([scope]);
      for (const route of operatorRoutes) {
        // An empty or unknown name: nothing is changed by the requests that are admitted.
        if (route.path.startsWith('/jobs/') && held.has(route.scope)) continue;
        const { status, body } = await send(server, token, route.method, pathOf(route.path), route.method === 'GET' ? undefined : {});
        const name = `${scope}: ${route.method} ${route.path}`;
        if (held.has(route.scope)) assert.ok(status !== 401 && status !== 403, `${name}: ${status}`);
        else assert.deepEqual([status, body.detail], [403, `The operator token needs the scope ${route.scope}.`], name);
      }
      assert.equal((await server.request('GET', '/metrics', { token })).status, 200, scope);
      // It is no credential of a person, a service or an organization.
      assert.equal((await server.request('GET', '/api/0/organizations/', { token })).status, 401);
    }
  });

  it('a narrower token refuses a body of 8 MB before it is read', async () => {
    const { token } = await make(['operator:read']);
    assert.equal((await send(server, token, 'POST', '/users/', { name: 'x'.repeat(8_000_000) })).status, 403);
  });

  it('[V8.2.1] provisioning can neither set the password of an existing user nor cancel a deletion', async () => {
    const { token } = await make(['operator:provision']);
    const person = await aPerson(server);
    const put = (to: string, body: object) => send(server, token, 'PUT', to, body);
    assert.equal((await put(`/users/${person.userId}/`, { password: 'a long and new passphrase' })).status, 403);
    assert.equal((await put(`/users/${person.userId}/`, { name: 'Other' })).status, 200);
    assert.equal((await put('/users/external:new-1/', { email: 'new-1@example.com', password: 'a long and new passphrase' })).status, 201);
    assert.equal((await put('/users/external:new-1/', { password: 'another long passphrase' })).status, 403);
    assert.equal((await put(`/organizations/${org.slug}/`, { cancelDeletion: true })).status, 403);
    assert.equal((await put(`/organizations/${org.slug}/`, { cancelDeletion: false })).status, 200);
  });

  it('the text is stored as a hash, and shown only once', async () => {
    const { token } = await make(['metrics:read']);
    assert.match(token, /^rcop_[0-9a-f]{64}$/);
    const [shown] = (await server.operate('GET', path)).body;
    assert.deepEqual(Object.keys(shown).toSorted(), [
      ...['createdBy', 'dateCreated', 'dateLastUsed', 'expiresAt', 'id', 'name', 'scopes', 'tokenLastCharacters'],
    ]);
    assert.equal(shown.createdBy, 'bootstrap');
    const rows = await sql<object>`SELECT * FROM operator_tokens`.execute(server.services.db);
    assert.ok(!JSON.stringify(rows.rows).includes(token.slice(5, 40)));
  });

  it('a retry with the same Idempotency-Key never repeats the text', async () => {
    const request = () =>
      fetch(`${server.url}/api/operator${path}`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${server.operatorToken}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': 'once',
        },
        body: JSON.stringify({ name: 'retried', scopes: ['metrics:read'] }),
      });
    assert.deepEqual([(await request()).status, (await request()).status], [201, 409]);
  });

  it('refuses bad names, scopes and dates', async () => {
    const at = (days: number) => new Date(Date.now() + days * dayMs).toISOString();
    const refused = async (fields: object, key: string) => {
      const { status, body } = await server.operate('POST', path, { name: 'a', scopes: ['metrics:read'], ...fields });
      assert.deepEqual([status, Object.keys(body)], [400, [key]], JSON.stringify(fields));
    };
    for (const name of ['bootstrap', 'Deploy', 'a b', '', '-a', 'ä', 'x'.repeat(65), 'a\n', 7, null]) await refused({ name }, 'name');
    for (const scopes of [[], ['org:read'], ['operator:everything'], 'metrics:read', null]) await refused({ scopes }, 'scopes');
    for (const expiresAt of [at(-1), at(367), 'never']) await refused({ expiresAt }, 'expiresAt');
    await make(['metrics:read'], 'a'.repeat(64), { expiresAt: at(365) });
    const { expiresAt } = await make(['metrics:read'], 'default');
    assert.ok(Math.abs(Date.parse(expiresAt) - Date.now() - 90 * dayMs) < dayMs);
  });

  it('two concurrent requests with one name create one token', async () => {
    const both = [server, other].map((at) => at.operate('POST', path, { name: 'same', scopes: ['metrics:read'] }));
    const statuses = (await Promise.all(both)).map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [201, 409]);
  });

  it('[V13.2.1] a revoked or expired token is refused by all instances at once, and its name is free', async () => {
    const { id, token } = await make(['operator:admin']);
    const short = await make(['operator:admin'], 'short');
    for (const at of [server, other]) for (const one of [token, short.token]) assert.equal(await health(at, one), 200);
    assert.equal((await send(server, token, 'DELETE', `${path}${id}/`)).status, 204);
    await sql`UPDATE operator_tokens SET expires_at = now() WHERE id = ${short.id}`.execute(server.services.db);
    for (const at of [server, other]) for (const one of [token, short.token]) assert.equal(await health(at, one), 401);
    assert.equal((await server.operate('DELETE', `${path}${id}/`)).status, 404);
    assert.deepEqual((await server.operate('GET', path)).body, []);
    await make(['metrics:read'], 'short');
  });

  it('the last use is recorded', async () => {
    const { token } = await make(['operator:read']);
    assert.equal(await health(other, token), 200);
    await eventually(async () => assert.ok((await server.operate('GET', path)).body[0].dateLastUsed, 'the use is not recorded yet'));
  });

  it('there are at most 100', async () => {
    await sql`INSERT INTO operator_tokens (id, name, token_hash, token_last_characters, scopes, created_by, expires_at)
      SELECT 900000000000 + n, 'bot-' || n, 'hash-' || n, '0000', '["metrics:read"]', 'bootstrap', now() + interval '1 day'
      FROM generate_series(1, 99) AS n`.execute(server.services.db);
    await make(['metrics:read'], 'last');
    const { status, body } = await server.operate('POST', path, { name: 'beyond', scopes: ['metrics:read'] });
    assert.deepEqual([status, body.detail], [400, 'There are too many operator tokens; revoke some first. Limit is 100.']);
  });

  describe('operators in the audit log', () => {
    it('[11] an entry has the name of the operator beside a null actor, and those of people have none', async () => {
      const { token } = await make(['operator:provision']);
      const person = await aPerson(server);
      const member = { userId: person.userId };
      assert.equal((await send(other, token, 'POST', `/organizations/${org.slug}/members/`, member)).status, 201);
      const [entry] = await audit();
      assert.deepEqual([entry!.event, entry!.actor, entry!.operator], ['member.add', null, { name: 'deploy-bot' }]);
      await server.operate('DELETE', `/organizations/${org.slug}/members/${person.userId}/`);
      assert.deepEqual((await audit())[0]!.operator, { name: 'bootstrap' });
      const team = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
        token: org.owner.token,
        body: { slug: 'red' },
      });
      assert.equal(team.status, 201);
      assert.ok(!('operator' in (await audit())[0]!));
    });

    it('[11] the entries of a job have the name of the operator who started it', async () => {
      const { token } = await make(['operator:admin'], 'eraser');
      const person = await aPerson(server);
      await server.operate('POST', `/organizations/${org.slug}/members/`, { userId: person.userId });
      assert.equal((await send(server, token, 'DELETE', `/users/${person.userId}/?mode=erase`)).status, 202);
      await eventually(async () =>
        assert.ok(
          (await audit()).some(({ event }) => event === 'person.redact'),
          'the erasure is not complete yet',
        ),
      );
      const ofJob = (await audit()).filter(({ event }) => event === 'person.redact' || event === 'member.remove').slice(0, 2);
      assert.deepEqual(
        ofJob.map(({ actor, operator }) => [actor, operator]),
        [
          [null, { name: 'eraser' }],
          [null, { name: 'eraser' }],
        ],
      );
    });
  });

  describe('operators in the security events', () => {
    const events = async (query: string) =>
      (await server.operate('GET', `/security-events/?limit=1000&${query}`)).body.rows as {
        event: string;
        kind: string;
        caller: { kind: string; id: string; credential: null };
        target: { kind: string; id: string } | null;
      }[];

    it('each act and refusal has the name as the caller, and so do the changes of a job', async () => {
      const made = await make(['operator:admin'], 'keeper');
      const person = await aPerson(server);
      const member = { userId: person.userId };
      assert.equal((await send(server, made.token, 'POST', `/organizations/${org.slug}/members/`, member)).status, 201);
      const { body: next } = await send(server, made.token, 'POST', path, { name: 'reader', scopes: ['operator:read'] });
      assert.equal((await send(server, next.token, 'DELETE', `/users/${person.userId}/?mode=erase`)).status, 403);
      assert.equal((await send(server, made.token, 'DELETE', `${path}${next.id}/`)).status, 204);
      assert.equal((await send(server, made.token, 'DELETE', `/users/${person.userId}/?mode=erase`)).status, 202);
      const token = { kind: 'token', id: next.id };
      const expected = [
        ['operator.act', 'addMember'],
        ['organization.change', 'member.add'],
        ['operator.act', 'createOperatorToken', token],
        ['token.create', 'operator', token],
        ['operator.act', 'revokeOperatorToken', token],
        ['token.revoke', 'operator', token],
        ['operator.act', 'eraseUser'],
        ['organization.change', 'person.redact'],
      ];
      await eventually(async () => {
        const found = await events('caller=keeper');
        const missing = expected.filter(
          ([event, kind, target]) =>
            !found.some((one) => one.event === event && one.kind === kind && (!target || isDeepStrictEqual(one.target, target))),
        );
        assert.deepEqual(missing, [], 'events are missing');
        assert.ok(
          found.every(({ caller }) => caller.kind === 'operator'),
          'a caller is no operator',
        );
      });
      const [refusal] = await events('caller=reader');
      assert.deepEqual([refusal!.event, refusal!.kind], ['refusal', 'forbidden']);
    });
  });

  it('open the operator API of an instance without OPERATOR_TOKEN, which has none for others', async () => {
    const { token } = await make(['operator:read']);
    const bare = await startServer({ ...instances.environment, OPERATOR_TOKEN: '', RATE_LIMIT_PER_ADDRESS: '1000000' });
    try {
      assert.equal(await health(bare, token), 200);
      const statuses = [server.operatorToken, org.owner.token, `rcop_${'0'.repeat(64)}`].map((other) => health(bare, other));
      assert.deepEqual(await Promise.all(statuses), [404, 404, 404]);
      assert.equal((await bare.request('GET', '/api/operator/health/')).status, 404);
    } finally {
      await bare.stop();
    }
  });
});
