import assert from 'node:assert/strict';
import { type AddressInfo, connect as connectTcp, createServer, type Socket as TcpSocket } from 'node:net';
import { Socket } from 'socket.io-client';
import { connect, type RollcallClient, type TokenSource } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';

/** The life of the tokens in these tests. */
const tokenSeconds = 5;
/** `DURATION_SECONDS=60` runs the whole minute of the requirement. */
const durationMs = Number(process.env.DURATION_SECONDS ?? 11) * 1_000;

/** Forwards TCP connections to the server, and can cut them. */
async function startLink(serverUrl: string) {
  const open = new Set<TcpSocket>();
  const link = createServer((socket) => {
    const { hostname, port } = new URL(serverUrl);
    const upstream = connectTcp(Number(port), hostname);
    open.add(socket.on('error', () => {}).on('close', () => upstream.destroy()));
    upstream.on('error', () => {}).on('close', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(link.address() as AddressInfo).port}`,
    cut,
    stop() {
      cut();
      link.close();
    },
  };
}

describe('a client with a token function', function () {
  this.timeout(durationMs + 60_000);
  let issuer: TestIssuer;
  let server: TestServer;
  let person: Person;
  let other: Person;
  let org: ProvisionedOrg;
  const clients: RollcallClient[] = [];
  const soon = () => ({ timeoutMs: 60_000 });

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, issuer.environment);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    person = await aPerson(server);
    other = await aPerson(server);
    org = await anOrganizationOf(server, person);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const sign = ({ userId, email }: Person, expiresInSeconds = tokenSeconds) =>
    issuer.sign({ sub: `at-the-issuer-${userId}`, email, email_verified: true }, { expiresInSeconds });

  /** Records each phase of the client and the organization, and the lowest number of members. */
  async function follow(token: TokenSource, url = server.url) {
    const client = connect({ url, token });
    clients.push(client);
    const handle = client.organization(org.slug);
    await handle.ready(soon());
    const seen = { client: new Set([client.status.phase]), org: new Set([handle.status.phase]), membersMin: handle.state.members.length };
    client.subscribe(() => seen.client.add(client.status.phase));
    handle.subscribe(() => {
      seen.org.add(handle.status.phase);
      seen.membersMin = Math.min(seen.membersMin, handle.state.members.length);
    });
    const endings: string[] = [];
    handle.on('access.revoked', ({ reason }) => endings.push(reason));
    return { client, handle, seen, endings };
  }

  /** Runs the client as if the server were older: the server never receives the message. */
  async function withoutRenewals<T>(run: () => Promise<T>): Promise<T> {
    const { emit } = Socket.prototype;
    Socket.prototype.emit = function (this: Socket, name: string, ...rest: never[]) {
      return name === 'credential' ? this : emit.call(this, name, ...rest);
    } as typeof emit;
    try {
      return await run();
    } finally {
      Socket.prototype.emit = emit;
    }
  }

  it('[A5] stays live on one connection while its tokens expire', async () => {
    let calls = 0;
    const { client, handle, seen } = await follow(() => {
      calls++;
      return sign(person);
    });
    const until = Date.now() + durationMs;
    await eventually(() => assert.ok(Date.now() >= until, 'the time is not over'), { timeoutMs: durationMs + 10_000, intervalMs: 100 });
    assert.deepEqual([[...seen.client], [...seen.org], seen.membersMin], [['connected'], ['live'], 1]);
    assert.ok(calls >= durationMs / (tokenSeconds * 1_000), `the function was called ${calls} times`);
    assert.ok(calls <= durationMs / 2_000, `the function was called ${calls} times`);
    assert.deepEqual([client.status.phase, handle.status.phase], ['connected', 'live']);
  });

  it('drops the replica when a token belongs to another person, and continues as that person', async () => {
    await addMember(server, org, other, 'member');
    let current = person;
    const { client, handle, seen, endings } = await follow(() => sign(current));
    await client.organizations.ready(soon());
    assert.equal(client.organizations.list[0]?.orgRole, 'owner');
    current = other;
    await eventually(() => assert.deepEqual([endings, handle.status.phase], [['identity-changed'], 'live']), { timeoutMs: 10_000 });
    assert.equal(seen.membersMin, 0);
    assert.equal(handle.state.members.length, 2);
    await eventually(() =>
      assert.deepEqual(
        client.organizations.list.map(({ orgRole }) => orgRole),
        ['member'],
      ),
    );
  });

  it('[A5] keeps the replica when a service token expires and its successor replaces it, also over a reconnect', async () => {
    const create = async (fields: object = {}): Promise<string> =>
      (await server.operate('POST', '/service-tokens/', { name: 'back end', ...fields })).body.token;
    const expiresAt = Date.now() + 8_000;
    let current = await create({ expiresAt: new Date(expiresAt).toISOString() });
    const link = await startLink(server.url);
    try {
      const { client, handle, seen, endings } = await follow(() => current, link.url);
      const causes: string[] = [];
      handle.on('change', ({ cause }) => causes.push(cause));
      current = await create();
      await eventually(() => assert.ok(Date.now() > expiresAt + 500, 'the first token has not expired'), { timeoutMs: 15_000 });
      assert.deepEqual([[...seen.client], [...seen.org], endings], [['connected'], ['live'], []]);

      current = await create();
      link.cut();
      await eventually(() => assert.ok(seen.client.has('reconnecting'), 'the client is still connected'));
      await eventually(() => assert.deepEqual([client.status.phase, handle.status.phase], ['connected', 'live']));
      assert.deepEqual([endings, seen.membersMin, causes], [[], 1, []]);

      current = await create({ collections: ['organization', 'members'] });
      link.cut();
      await eventually(() => assert.deepEqual([endings, handle.status.phase], [['identity-changed'], 'live']));
    } finally {
      link.stop();
    }
  });

  it('[A6] has no access left when a token belongs to a person who is not a member', async () => {
    let current = person;
    const { handle, endings } = await follow(() => sign(current));
    current = other;
    await eventually(() => assert.equal(handle.status.phase, 'denied'), { timeoutMs: 10_000 });
    assert.deepEqual([endings, handle.state.members.length, handle.state.organization], [['identity-changed'], 0, null]);
  });

  it('drops the replica of another person when it reconnects', async () => {
    await addMember(server, org, other, 'owner');
    const link = await startLink(server.url);
    try {
      let current = person;
      const { handle, seen, endings } = await follow(() => sign(current, 300), link.url);
      current = other;
      link.cut();
      await eventually(() => assert.deepEqual([endings, handle.status.phase], [['identity-changed'], 'live']));
      assert.equal(seen.membersMin, 0);
    } finally {
      link.stop();
    }
  });

  it('connects again and resumes, if the server is older and has no renewals', async () => {
    await withoutRenewals(async () => {
      let calls = 0;
      const { handle, seen, endings } = await follow(() => {
        calls++;
        return sign(person, 3);
      });
      const causes: string[] = [];
      handle.on('change', ({ cause }) => causes.push(cause));
      await eventually(() => assert.ok(calls >= 4, `${calls} tokens`), { timeoutMs: 20_000 });
      await eventually(() => assert.equal(handle.status.phase, 'live'));
      assert.deepEqual([endings, seen.membersMin, causes], [[], 1, []]);
      assert.ok(!seen.client.has('closed'), [...seen.client].join());
    });
  });

  it('calls the function again while its tokens are refused, and closes after the fifth', async () => {
    let tokens: readonly string[] = ['wrong', await sign(person, -60), 'wrong'];
    let calls = 0;
    const next = async () => tokens[calls++] ?? (await sign(person));
    const { client } = await follow(next);
    assert.deepEqual([client.status.phase, calls], ['connected', 4]);
    // This client is closed because it would call the function too, to renew its credential.
    client.close();

    tokens = Array(10).fill('wrong');
    calls = 0;
    const refused = connect({ url: server.url, token: next });
    clients.push(refused);
    const handle = refused.organization(org.slug);
    const whys = new Set<string>();
    refused.subscribe(() => whys.add(handle.can({ userId: person.userId }, 'org:read').why));
    await assert.rejects(handle.ready(soon()), { code: 'unauthenticated' });
    assert.deepEqual([refused.status, calls], [{ phase: 'closed', reason: 'unauthenticated', redisDown: false }, 5]);
    assert.ok(whys.has('credential-ended'), [...whys].join());
  });

  it('closes at once when its user is disabled', async () => {
    let calls = 0;
    const { client, handle, endings } = await follow(() => {
      calls++;
      return sign(person);
    });
    await server.operate('PUT', `/users/${person.userId}/`, { isActive: false });
    await eventually(() => assert.equal(client.status.phase, 'closed'));
    assert.deepEqual([endings, handle.state.members.length, calls], [['user-disabled'], 0, 1]);
  });
});
