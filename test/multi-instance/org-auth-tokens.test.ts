import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The protocol promises one second. A busy machine may take longer. */
const endsWithinMs = 2_000;

describe('tokens of an organization', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let owner: Person;
  let plain: Person;
  let org: ProvisionedOrg;

  before(async () => {
    // Each instance has a bus of its own. It finds the other's changes in the log, which is the
    // slower way.
    instances = await startInstances(2);
    [server, other] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    plain = await aPerson(server);
    await addMember(server, org, plain, 'member');
  });

  const call = (method: string, path = '', body?: unknown, token = owner.token, slug = org.slug) =>
    server.request(method, `/api/0/organizations/${slug}/org-auth-tokens/${path}`, { token, body });
  const make = async (name: string, scopes?: readonly string[]) => (await call('POST', '', { name, scopes })).body;
  const events = async () => {
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/audit-logs/`, { token: owner.token });
    return body.rows.map(({ event, note }: { event: string; note: string }) => `${event}: ${note}`);
  };

  it('[10.1] [S-02] can be created by plain members too, and show their text once, but not in lists', async () => {
    const { status, body, headers } = await call('POST', '', { name: ' uploads ' }, plain.token);
    assert.equal(status, 201, JSON.stringify(body));
    const { token, ...shown } = body;
    assert.match(token, /^sntrys_[^_]+_[A-Za-z0-9+/]{43}$/);
    assert.deepEqual(shown, {
      id: shown.id,
      name: 'uploads',
      scopes: ['org:ci'],
      tokenLastCharacters: token.slice(-4),
      dateCreated: shown.dateCreated,
      dateLastUsed: null,
      projectLastUsedId: null,
    });
    const listed = await call('GET');
    assert.deepEqual(listed.body, [shown]);
    assert.deepEqual((await call('GET', `${shown.id}/`)).body, shown);
    for (const answer of [headers, listed.headers]) assert.match(answer.get('cache-control') ?? '', /no-store/);
    assert.equal((await events())[0], 'org-auth-token.create: added org auth token uploads');
    // The token's only scope is not among those that read an organization.
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token })).status, 403);
  });

  it('[10.1] appear in lists by last use, then by name', async () => {
    const [second, used, first] = [await make('b'), await make('c', ['org:read']), await make('a')];
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: used.token })).status, 200);
    // The use is recorded after the response.
    await eventually(async () => {
      const { body } = await call('GET');
      assert.deepEqual(
        body.map(({ id }: { id: string }) => id),
        [used.id, first.id, second.id],
      );
      assert.notEqual(body[0].dateLastUsed, null);
    });
  });

  it('[10.1] require a name that is not blank or too long, on creation and on renaming', async () => {
    const { id } = await make('kept');
    for (const [name, detail] of [
      [undefined, 'The name cannot be blank.'],
      ['  ', 'The name cannot be blank.'],
      ['x'.repeat(256), 'The name cannot be longer than 255 characters.'],
    ]) {
      for (const { status, body } of [await call('POST', '', { name }), await call('PUT', `${id}/`, { name })])
        assert.deepEqual([status, body], [400, { detail }]);
    }
    const before = (await events()).length;
    assert.equal((await call('PUT', `${id}/`, { name: 'renamed' }, plain.token)).status, 204);
    assert.equal((await call('GET', `${id}/`)).body.name, 'renamed');
    assert.equal((await events()).length, before);
  });

  it('[17.22] [S-07] have chosen scopes within the creator’s own, and no others when they are used', async () => {
    const beyond = await call('POST', '', { name: 'a', scopes: ['org:write'] }, plain.token);
    assert.deepEqual([beyond.status, beyond.body], [400, { scopes: ['You do not have permission to grant: org:write.'] }]);
    assert.equal((await call('POST', '', { name: 'a', scopes: ['all:of-it'] })).status, 400);
    const { token } = (await call('POST', '', { name: 'a', scopes: ['org:read'] }, plain.token)).body;
    const rename = await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token, body: { name: 'Mine' } });
    assert.equal(rename.status, 403);
    const minted = await call('POST', '', { name: 'b', scopes: ['org:write'] }, token);
    assert.equal(minted.status, 400);
  });

  it('[S-01] [S-03] exist only in their own organization and only for members', async () => {
    const { id } = await make('a');
    const stranger = await aPerson(server);
    const foreign = await anOrganizationOf(server, stranger);
    for (const [method, path, body] of [
      ['GET', ''],
      ['POST', '', { name: 'b' }],
      ['DELETE', `${id}/`],
    ] as const)
      assert.equal((await call(method, path, body, stranger.token)).status, 403);
    for (const [method, body] of [['GET'], ['PUT', { name: 'b' }], ['DELETE']] as const)
      assert.equal((await call(method, `${id}/`, body, stranger.token, foreign.slug)).status, 404);
    assert.equal((await call('DELETE', `${id}/`, undefined, plain.token)).status, 403);
    assert.equal((await call('GET', `${id}/`)).status, 200);
  });

  it('[6] appear live for managers and not in what other roles see', async () => {
    const watching = await WireReplica.open(server.url, owner.token, org.slug);
    const blind = await WireReplica.open(server.url, plain.token, org.slug);
    const { id, token } = await make('a');
    const sees = (replica: WireReplica, name: string | undefined) =>
      eventually(() => assert.equal(replica.state.get('auth-token', id)?.name, name));
    await sees(watching, 'a');
    await call('PUT', `${id}/`, { name: 'b' });
    await sees(watching, 'b');
    await call('DELETE', `${id}/`);
    await sees(watching, undefined);
    assert.ok(!JSON.stringify([watching.frames, blind.frames]).includes(token));
    assert.ok(!JSON.stringify(blind.frames).includes('auth-token'));
    watching.close();
    blind.close();
  });

  it('[A5] [S-14] close the connections that they opened on every instance when they are removed', async () => {
    const [gone, kept] = [await make('a', ['org:read']), await make('b', ['org:read'])];
    const replicas = [await WireReplica.open(server.url, gone.token, org.slug), await WireReplica.open(other.url, gone.token, org.slug)];
    const idle = await WireReplica.connect(other.url, gone.token);
    const staying = await WireReplica.open(other.url, kept.token, org.slug);
    assert.equal((await call('DELETE', `${gone.id}/`)).status, 204);
    assert.deepEqual(await idle.subscribe(org.slug), { mode: 'denied' });
    await eventually(
      () => {
        for (const { socket, frames } of replicas) {
          assert.equal(socket.connected, false);
          assert.deepEqual(frames.at(-1), { event: 'goodbye', payload: { reason: 'credential-revoked', retryAfterMs: null } });
        }
      },
      { timeoutMs: endsWithinMs },
    );
    assert.equal(staying.socket.connected, true);
    assert.equal((await call('GET', '', undefined, gone.token)).status, 401);
    assert.deepEqual([(await call('GET', `${gone.id}/`)).status, (await call('DELETE', `${gone.id}/`)).status], [404, 404]);
    assert.equal((await events())[0], 'org-auth-token.remove: removed org auth token a');
    await assert.rejects(WireReplica.connect(other.url, gone.token), { data: { code: 'unauthenticated' } });
    idle.close();
    staying.close();
  });
});
