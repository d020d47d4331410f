import assert from 'node:assert/strict';
import { io, type Socket } from 'socket.io-client';
import { userActor } from '../../server/src/domain/actor.ts';
import { denialOf } from '../../server/src/domain/authorize.ts';
import { type CallerState, readCallerStates } from '../../server/src/read-path/queries/organizations/caller-states.ts';
import { from, inside, outside, trustTests } from '../support/address-lists.ts';
import { eventually } from '../support/eventually.ts';
import { type Account, anAccount, logIn, personOf } from '../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { allowAddresses, changeOrganization, changeRecords } from '../support/security-records.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

/** The tests write the lists as records, because other tests cover the routes that change them. */
describe('an organization with a list of addresses', () => {
  let server: TestServer;
  let untrusting: TestServer;
  let owner: Person;
  let account: Account;
  let cookie: string;
  let org: ProvisionedOrg;
  let orgToken: string;
  const sockets: Socket[] = [];

  before(async () => {
    server = await startServer(trustTests);
    untrusting = await startServer({ DATABASE_URL: server.config.databaseUrl!, SECRET: server.config.secret });
    account = await anAccount(server);
    cookie = await logIn(server, account);
  });
  after(async () => {
    await untrusting?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, personOf(account), 'member');
    const made = await server.request('POST', `/api/0/organizations/${org.slug}/org-auth-tokens/`, {
      token: owner.token,
      body: { name: 'back end', scopes: ['org:read'] },
    });
    orgToken = made.body.token;
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });

  const credentials = (): readonly RequestOptions[] => [{ token: owner.token }, { token: orgToken }, { cookie }];
  const readOrg = (options: RequestOptions, address: string, at = server) =>
    at.request('GET', `/api/0/organizations/${org.slug}/`, { ...options, headers: from(address) });

  async function assertRefused(options: RequestOptions, address: string, seenAs = address, at = server): Promise<void> {
    const { status, headers, body } = await readOrg(options, address, at);
    assert.equal(status, 403, JSON.stringify(body));
    assert.equal(headers.get('x-sentry-error'), 'address-not-allowed');
    const message = 'Your address is not allowed by this organization.';
    assert.deepEqual(body, { detail: { code: 'address-not-allowed', message, extra: { address: seenAs } } });
  }

  interface Wire {
    readonly socket: Socket;
    readonly frames: (readonly [event: string, payload: { reason?: string; to?: number }])[];
    readonly mode: string;
  }

  async function subscribe({ token, cookie: session }: RequestOptions, address: string, transport: 'websocket' | 'polling' = 'websocket') {
    const extraHeaders = { ...from(address), ...(session === undefined ? {} : { Cookie: session }) };
    const auth = token === undefined ? { v: 1 } : { token, v: 1 };
    const socket = io(server.url, { auth, extraHeaders, transports: [transport], reconnection: false, forceNew: true });
    sockets.push(socket);
    const frames: [string, { reason?: string; to?: number }][] = [];
    socket.onAny((event: string, payload: { reason?: string; to?: number }) => frames.push([event, payload]));
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    });
    const { mode } = await socket.timeout(5_000).emitWithAck('subscribe', { org: org.slug });
    return { socket, frames, mode } as Wire;
  }

  it('[S-48] refuses sessions, user tokens and organization tokens from outside, over REST and on the socket', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    for (const options of credentials()) {
      await assertRefused(options, outside);
      assert.equal((await readOrg(options, inside)).status, 200);
      assert.equal((await subscribe(options, outside)).mode, 'denied');
      assert.equal((await subscribe(options, inside)).mode, 'snapshot');
    }
    const write = { token: owner.token, headers: from(outside), body: { slug: 'ops' } };
    const written = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, write);
    assert.deepEqual([written.status, written.body.detail.code], [403, 'address-not-allowed']);
  });

  it('[S-48] refuses a caller who is not a member in the same way from every address', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    const outsider = await aPerson(server);
    const answers = await Promise.all([inside, outside].map((address) => readOrg({ token: outsider.token }, address)));
    const message = 'You do not have permission to perform this action.';
    for (const { status, body } of answers) assert.deepEqual([status, body], [403, { detail: message }]);
  });

  it('[S-48] appears as blocked in an outside caller’s list of organizations', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    for (const [address, blocked] of [
      [inside, undefined],
      [outside, 'address-not-allowed'],
    ] as const) {
      const { body } = await server.request('GET', '/api/0/organizations/', { token: owner.token, headers: from(address) });
      assert.deepEqual(
        body.map((one: { slug: string; blocked?: string }) => [one.slug, one.blocked]),
        [[org.slug, blocked]],
      );
    }
  });

  it('[S-48] hides its projects from outside callers on routes that name no organization', async () => {
    const admin = await server.request('POST', `/api/0/organizations/${org.slug}/org-auth-tokens/`, {
      token: owner.token,
      body: { name: 'projects', scopes: ['project:read'] },
    });
    const team = { slug: 'ops' };
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: team });
    const project = { token: owner.token, body: { name: 'Hidden' } };
    assert.equal((await server.request('POST', `/api/0/teams/${org.slug}/ops/projects/`, project)).status, 201);
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    for (const token of [owner.token, admin.body.token]) {
      for (const [address, count] of [
        [inside, 1],
        [outside, 0],
      ] as const) {
        const { status, body } = await server.request('GET', '/api/0/projects/', { token, headers: from(address) });
        assert.deepEqual([status, body.length], [200, count], `${address}: ${JSON.stringify(body)}`);
      }
    }
  });

  it('[S-48] discloses no member and no project to the searches of an outside caller', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    const members = await server.request('GET', `/api/0/organizations/${org.slug}/members/`, { token: owner.token, headers: from(inside) });
    const ids = members.body.map(({ id }: { id: string }) => id);
    for (const query of [`email:${account.email}`, account.email, `member_id:${ids[0]}`]) {
      for (const [address, count] of [
        [inside, 1],
        [outside, 0],
      ] as const) {
        const path = `/api/0/organizations/?query=${encodeURIComponent(query)}`;
        const { body } = await server.request('GET', path, { token: owner.token, headers: from(address) });
        assert.equal(body.length, count, `${query} from ${address}`);
      }
    }
    const named = await server.request('GET', `/api/0/organizations/?query=${org.slug}`, { token: owner.token, headers: from(outside) });
    assert.equal(named.body.length, 1);
  });

  it('[S-48] loads only those rules of its list that contain the caller’s address', async () => {
    const { db } = server.services;
    const networks = ['203.0.113.0/24', '203.0.113.9', '198.51.100.0/24', '::/1', '2001:db8::/32', 'fe80::/10'];
    await allowAddresses(server, org.id, networks);
    for (const [address, found] of [
      [inside, ['203.0.113.0/24', '203.0.113.9']],
      ['192.0.2.1', []],
      ['2001:db8::7', ['::/1', '2001:db8::/32']],
      ['fe80::1%eth0', ['fe80::/10']],
      [null, []],
    ] as const) {
      const actor = { ...userActor(owner.userId), address };
      const [{ state }] = [...(await readCallerStates(db, actor, [org.id])).values()] as [CallerState];
      assert.deepEqual(
        state.ipAllowList!.rules.map(({ cidr }) => cidr),
        found,
        String(address),
      );
      assert.equal(denialOf(state, actor), found.length > 0 ? null : 'address-not-allowed');
    }
  });

  it('[S-48] hides its revision from an outside caller whose If-Match has another one', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    const stranger = await aPerson(server);
    for (const [token, address, status] of [
      [owner.token, outside, 403],
      [stranger.token, inside, 403],
      [owner.token, inside, 412],
    ] as const) {
      const headers = { ...from(address), 'If-Match': '1' };
      const { status: found, headers: sent } = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, {
        token,
        headers,
        body: { slug: 'ops' },
      });
      assert.deepEqual([found, sent.has('x-org-revision')], [status, status === 412]);
    }
  });

  it('[S-48] treats an IPv4-mapped IPv6 address as its IPv4 address', async () => {
    await allowAddresses(server, org.id, ['203.0.113.9']);
    assert.equal((await readOrg({ token: owner.token }, `::ffff:${inside}`)).status, 200);
    await assertRefused({ token: owner.token }, `::ffff:${outside}`, outside);
  });

  it('[S-48] [S-20] trusts X-Forwarded-For from trusted proxies only', async () => {
    await allowAddresses(server, org.id, ['203.0.113.9']);
    await assertRefused({ token: owner.token }, inside, '127.0.0.1', untrusting);
    await assertRefused({ token: owner.token }, `${inside}, ${outside}`, outside);
  });

  it('[S-48] ends the subscriptions of other addresses before the revision is sent', async () => {
    const [out, kept] = await Promise.all([subscribe({ token: owner.token }, outside), subscribe({ token: owner.token }, inside)]);
    await eventually(() =>
      assert.ok(
        [out, kept].every(({ frames }) => frames.some(([event]) => event === 'snapshot-end')),
        'no snapshot',
      ),
    );
    const revision = await allowAddresses(server, org.id, ['203.0.113.0/24']);
    await eventually(() => assert.equal(out.frames.at(-1)?.[1].reason, 'address-not-allowed'));
    await eventually(() =>
      assert.ok(
        kept.frames.some(([event, { to }]) => event === 'step' && to === revision),
        'no step',
      ),
    );
    assert.ok(!out.frames.some(([event]) => event === 'step'), 'the revision was sent to a subscriber whom it ended');
    await changeRecords(server, org.id, (state) => changeOrganization(state, { name: 'Another name' }));
    await eventually(() =>
      assert.ok(
        kept.frames.some(([, { to }]) => to === revision + 1),
        'no second step',
      ),
    );
    assert.ok(!out.frames.some(([event]) => event === 'step'), 'a step was sent after the end');
  });

  it('[S-48] closes a polling connection that is continued from another address', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    const poll = (sid: string | null, address: string) =>
      server.request('GET', `/socket.io/?EIO=4&transport=polling${sid === null ? '' : `&sid=${sid}`}`, { headers: from(address) });
    const opened = await poll(null, inside);
    const { sid } = JSON.parse(String(opened.body).slice(1));
    const stolen = await poll(sid, outside);
    assert.equal(stolen.status, 403);
    await eventually(async () => assert.equal((await poll(sid, inside)).status, 400));
  });

  it('[S-48] ends a polling subscription from the moment of a request from another address', async () => {
    await allowAddresses(server, org.id, ['203.0.113.0/24']);
    const { socket, mode } = await subscribe({ token: owner.token }, inside, 'polling');
    assert.equal(mode, 'snapshot');
    const sid = socket.io.engine.id;
    const path = `/socket.io/?EIO=4&transport=polling&sid=${sid}`;
    assert.equal((await server.request('GET', path, { headers: from(outside) })).status, 403);
    await eventually(() => assert.equal(socket.connected, false));
  });
});
