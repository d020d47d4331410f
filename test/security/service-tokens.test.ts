import assert from 'node:assert/strict';
import { routes } from '../../server/src/http/routes.ts';
import { from, inside, trustTests } from '../support/address-lists.ts';
import { EventStreamClient } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anAccount, logIn, personOf, setUpSecondFactor } from '../support/log-in.ts';
import { anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { anOwnerAccount, aWholeOrganization } from './whole-organization.ts';
import { fillIn, namesOf, parametersOf, writingRoutes } from './writing-routes.ts';

const path = '/service-tokens/';
/** The protocol promises one second. A busy machine may take longer. */
const endsWithinMs = 2_000;

describe('service tokens', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    instances = await startInstances(2, { environment: { LIMIT_SERVICE_TOKENS: '12', ...trustTests } });
    [server, other] = instances.servers as [TestServer, TestServer];
    org = await anOrganizationOf(server, await aPerson(server));
  });
  after(() => instances?.stop());
  afterEach(async () => {
    for (const { id } of (await server.operate('GET', path)).body) await server.operate('DELETE', `${path}${id}/`);
  });

  const make = async (fields: object = {}) => {
    const { status, body } = await server.operate('POST', path, { name: 'billing', ...fields });
    assert.equal(status, 201, JSON.stringify(body));
    return body as { readonly id: string; readonly token: string };
  };
  const get = (token: string, ofOrg = '', name = org.slug) => server.request('GET', `/api/0/organizations/${name}/${ofOrg}`, { token });

  describe('an outsider', () => {
    it('[S-02] an outsider without the operator token gets 401 for every method, before a large body is read', async () => {
      const { token } = await make();
      const body = { name: 'x'.repeat(8_000_000) };
      for (const credential of [{}, { token }, { token: org.owner.token }]) {
        for (const [method, at] of [
          ['GET', path],
          ['POST', path],
          ['DELETE', `${path}1/`],
        ] as const) {
          const { status } = await server.request(method, `/api/operator${at}`, { ...credential, ...(method === 'POST' && { body }) });
          assert.equal(status, 401, `${method} ${at}`);
        }
      }
    });

    it('[S-02] an invented or a changed token is refused', async () => {
      const { token } = await make();
      const changed = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
      for (const wrong of [changed, token.toUpperCase(), 'rcsvc_', `sntryu_${token.slice(6)}`]) {
        assert.equal((await get(wrong)).status, 401, wrong);
        await assert.rejects(WireReplica.connect(server.url, wrong), { data: { code: 'unauthenticated' } });
      }
    });
  });

  it('[S-02] a service token shows its text once, and only a hash of it is stored', async () => {
    const { token, ...shown } = await make({
      collections: ['members'],
      expiresAt: '2099-01-01T00:00:00Z',
      addresses: ['127.0.0.1/32', '::1'],
    });
    assert.match(token, /^rcsvc_[0-9a-f]{64}$/);
    const listed = (await server.operate('GET', path)).body;
    assert.deepEqual(listed, [shown]);
    assert.deepEqual(
      { ...listed[0], id: '', dateCreated: '' },
      {
        id: '',
        name: 'billing',
        scopes: ['member:read'],
        collections: ['members'],
        addresses: ['127.0.0.1', '::1'],
        tokenLastCharacters: token.slice(-4),
        dateCreated: '',
        expiresAt: '2099-01-01T00:00:00.000000Z',
        dateLastUsed: null,
        lastUsedAddress: null,
      },
    );
    const rows = JSON.stringify(await server.services.db.selectFrom('service_tokens').selectAll().execute());
    assert.ok(!rows.includes(token.slice(6)));
  });

  it('[S-02] a service token is refused with unknown keys, collections, scopes and addresses, and beyond the limit', async () => {
    for (const wrong of [
      { organization: '1' },
      { collections: ['secrets'] },
      { scopes: ['root'] },
      { addresses: ['0.0.0.0/0'] },
      { addresses: ['10.1'] },
      { name: ' ' },
      { expiresAt: 'soon' },
    ]) {
      const { status } = await server.operate('POST', path, { name: 'billing', ...wrong });
      assert.equal(status, 400, JSON.stringify(wrong));
    }
    const made = await Promise.all(Array.from({ length: 14 }, () => server.operate('POST', path, { name: 'many' })));
    assert.deepEqual([made.filter(({ status }) => status === 201).length, made.filter(({ status }) => status === 400).length], [12, 2]);
  });

  it('[S-15] a service reaches every organization, also with required 2FA and an address list, and no organization can see or remove it', async () => {
    const { id, token } = await make();
    const account = await anAccount(server);
    const cookie = await logIn(server, account);
    await setUpSecondFactor(server, cookie);
    const owner = personOf(account);
    const strict = await anOrganizationOf(server, owner, { cookie });
    const change = (method: string, at: string, body: unknown) =>
      server.request(method, `/api/0/organizations/${strict.slug}/${at}`, { cookie, headers: from(inside), body });
    const replica = await WireReplica.open(other.url, token, strict.id);
    assert.equal((await change('PUT', '', { require2FA: true, enhancedPrivacy: true, openMembership: false })).status, 200);
    const rules = [{ cidr: inside }];
    assert.equal((await change('PUT', 'ip-allow-list/', { isEnabled: true, rules })).status, 200);
    const { status, headers } = await change('POST', 'teams/', { slug: 'builders' });
    assert.equal(status, 201);
    await replica.reach(Number(headers.get('x-org-revision')!.split('.')[1]));
    const seen = [...replica.state.recordsOf('member').values()] as unknown as { email: string }[];
    assert.deepEqual(
      seen.map(({ email }) => email),
      [owner.email],
    );
    for (const { slug } of [org, strict]) assert.equal((await get(token, 'teams/', slug)).status, 200);
    const listed = await server.request('GET', '/api/0/organizations/', { token });
    assert.ok([org, strict].every(({ slug }) => listed.body.some((one: { slug: string }) => one.slug === slug)));

    const preview = await change('POST', 'ip-allow-list/preview/', { isEnabled: true, rules });
    const views = [
      preview,
      ...(await Promise.all(['members/', 'org-auth-tokens/', 'audit-logs/'].map((at) => change('GET', at, undefined)))),
    ];
    for (const { body } of views) assert.ok(!JSON.stringify(body).includes(token.slice(-4)) || !JSON.stringify(body).includes('billing'));
    assert.equal((await change('GET', 'members/', undefined)).body.length, 1);
    assert.equal((await change('DELETE', `org-auth-tokens/${id}/`, undefined)).status, 404);
    assert.deepEqual((await change('GET', 'members/me/', undefined)).body.id, owner.memberId);
    replica.close();
  });

  it('[S-15] a service with the default scopes reads what other callers read with them, and writes nothing', async () => {
    const { token } = await make();
    const whole = await aWholeOrganization(server, await anOwnerAccount(server));
    const accepted: string[] = [];
    const refused: string[] = [];
    for (const { method, path: route, callers, scopes, isScim } of routes) {
      if (!route.includes('/:org') || callers !== undefined || route.includes('/changes/stream/')) continue;
      const row = writingRoutes[`${method} ${route}`];
      const { params = {}, body = {} } = typeof row === 'function' ? row(whole) : {};
      const own = Object.fromEntries(parametersOf(route).map((name) => [name, namesOf(whole, route, name)[0]!]));
      const { status } = await server.request(method, fillIn(route, { ...own, ...params }), {
        token,
        ...(method === 'GET' ? {} : { body }),
      });
      const isRead = method === 'GET' && !isScim && scopes.some((scope) => scope.endsWith(':read'));
      if ((method !== 'GET' || isScim) && status < 400) accepted.push(`${method} ${route}: ${status}`);
      if (isRead && (status === 401 || status === 403)) refused.push(`${method} ${route}: ${status}`);
    }
    assert.deepEqual([accepted, refused], [[], []]);
  });

  it('[S-15] a service cannot create a token that would outlive its own, although it holds the scopes', async () => {
    const { token } = await make({ scopes: ['org:admin', 'org:write', 'org:read', 'team:write', 'member:admin'] });
    const create = (scopes?: readonly string[]) =>
      server.request('POST', `/api/0/organizations/${org.slug}/org-auth-tokens/`, { token, body: { name: 'lasting', scopes } });
    for (const scopes of [['org:read'], ['team:write'], ['org:ci'], undefined]) assert.equal((await create(scopes)).status, 403);
    const listed = await server.request('GET', `/api/0/organizations/${org.slug}/org-auth-tokens/`, { token });
    assert.deepEqual([listed.status, listed.body.map(({ name }: { name: string }) => name).includes('lasting')], [200, false]);
  });

  it('a service lists all organizations on its socket regardless of its scopes, and over REST with a scope of organizations', async () => {
    const { token } = await make({ scopes: ['member:read'] });
    const replica = await WireReplica.connect(server.url, token);
    const { organizations } = await replica.socket.timeout(5_000).emitWithAck('organizations', {});
    assert.ok(organizations.some(({ id }: { id: string }) => id === org.id));
    replica.close();
    assert.equal((await server.request('GET', '/api/0/organizations/', { token })).status, 403);
  });

  it('a subscription contains only the collections of the token', async () => {
    const { token } = await make({ collections: ['organization', 'teams'] });
    const replica = await WireReplica.connect(server.url, token);
    await replica.subscribe(org.id, { collections: ['members', 'teams', 'organization'] });
    await replica.live();
    assert.deepEqual([...replica.state.kinds()].sort(), ['organization']);
    replica.close();
  });

  it('[S-15] a token is refused from another address, on REST and on sockets', async () => {
    const { token } = await make({ addresses: ['203.0.113.0/24'] });
    const { status, headers } = await get(token);
    assert.deepEqual([status, headers.get('x-sentry-error')], [403, 'address-not-allowed']);
    await assert.rejects(WireReplica.connect(server.url, token), { data: { code: 'unauthenticated' } });
  });

  it('the list shows when and from where each token was used last, by a request or a socket', async () => {
    const [byRequest, bySocket] = [await make(), await make()];
    await get(byRequest.token);
    const replica = await WireReplica.connect(other.url, bySocket.token);
    await eventually(async () => {
      for (const { dateLastUsed, lastUsedAddress } of (await server.operate('GET', path)).body) {
        assert.ok(Date.parse(dateLastUsed) > Date.now() - 60_000, `last used ${dateLastUsed}`);
        assert.equal(lastUsedAddress, '127.0.0.1');
      }
    });
    replica.close();
  });

  it('[A5] sockets and streams of a token close on every instance when it is revoked, and when it expires', async () => {
    const [gone, kept] = [await make(), await make()];
    const replicas = await Promise.all([server, other].map(({ url }) => WireReplica.open(url, gone.token, org.slug)));
    const stream = await EventStreamClient.open(other, org.slug, 'changes/stream/', { token: gone.token });
    const staying = await WireReplica.open(other.url, kept.token, org.slug);
    assert.equal((await server.operate('DELETE', `${path}${gone.id}/`)).status, 204);
    await eventually(
      () => {
        for (const { socket, frames } of replicas) {
          assert.equal(socket.connected, false);
          assert.deepEqual(frames.at(-1), { event: 'goodbye', payload: { reason: 'credential-revoked', retryAfterMs: null } });
        }
      },
      { timeoutMs: endsWithinMs },
    );
    await eventually(() => assert.equal(stream.isClosed, true));
    assert.equal(staying.socket.connected, true);
    assert.equal((await get(gone.token)).status, 401);
    assert.equal((await server.operate('DELETE', `${path}${gone.id}/`)).status, 404);
    staying.close();

    const short = await make({ expiresAt: new Date(Date.now() + 1_500).toISOString() });
    const expiring = await WireReplica.open(other.url, short.token, org.slug);
    await eventually(() => assert.equal(expiring.frames.at(-1)?.payload.reason, 'credential-expired'), { timeoutMs: 5_000 });
    await assert.rejects(WireReplica.connect(server.url, short.token), { data: { code: 'expired' } });
  });
});
