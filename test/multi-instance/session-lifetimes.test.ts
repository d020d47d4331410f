import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, cookieOf, goodPassword, logIn, personOf } from '../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The tests make changes at one instance, and read them at another one. */
describe('the logins of sessions, at two instances', () => {
  let instances: Instances;
  let writer: TestServer;
  let reader: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let account: Account;
  let cookie: string;
  const replicas: WireReplica[] = [];

  before(async () => {
    instances = await startInstances(2);
    [writer, reader] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    owner = await aPerson(writer);
    org = await anOrganizationOf(writer, owner);
    account = await anAccount(writer);
    cookie = await logIn(writer, account);
    await addMember(writer, org, personOf(account), 'owner');
  });
  afterEach(() => {
    for (const replica of replicas.splice(0)) replica.close();
  });

  const setHours = async (sessionHours: number | null) => {
    const changed = await writer.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { sessionHours } });
    assert.deepEqual([changed.status, changed.body.sessionHours], [200, sessionHours]);
  };
  /** Makes the login of the session that old. */
  const age = (seconds: number) =>
    writer.services.db
      .updateTable('sessions')
      .set({ authenticated_at: sql`clock_timestamp() - make_interval(secs => ${seconds}::integer)` })
      .where('user_id', '=', account.id)
      .execute();
  const open = async (of: { readonly cookie: string } | string = { cookie }) => {
    const replica = await WireReplica.open(reader.url, of, org.slug);
    replicas.push(replica);
    return replica;
  };
  const isRevoked = (replica: WireReplica) =>
    eventually(() => {
      const revoked = replica.frames.find(({ event }) => event === 'revoked');
      assert.equal((revoked?.payload as { reason?: string } | undefined)?.reason, 'sudo-required');
    });
  const read = (path = `/organizations/${org.slug}/`, as = cookie) => reader.request('GET', `/api/0${path}`, { cookie: as });
  const prove = (server: TestServer, as: string) => server.request('PUT', '/api/0/auth/', { cookie: as, body: { password: goodPassword } });

  describe('a login that is older than the organization allows', () => {
    it('[5.2] [V7.3.2] ends the access to this organization, until the password is entered again', async () => {
      const replica = await open();
      const ofToken = await open(owner.token);
      await age(2 * 3_600);
      await setHours(3);
      // A new socket knows the time of the login.
      const later = await open();
      await setHours(2);
      await isRevoked(later);
      assert.equal(ofToken.socket.connected, true, 'a token has no login');
      const refused = await read();
      assert.deepEqual(
        [refused.status, refused.body],
        [401, { detail: { code: 'sudo-required', message: 'Account verification required.', extra: {} } }],
      );
      const listed = (await read('/organizations/')).body.find(({ id }: { id: string }) => id === org.id);
      assert.equal(listed.blocked, 'sudo-required');
      assert.equal((await read('/users/me/')).status, 200, 'the session itself continues');
      const written = await writer.request('PUT', `/api/0/organizations/${org.slug}/`, { cookie, body: { sessionHours: null } });
      assert.equal(written.status, 401, 'an owner can’t lift the rule with an old login');

      const proven = await prove(writer, cookie);
      assert.equal(proven.status, 200);
      cookie = cookieOf(proven);
      assert.equal((await read()).status, 200);
      await open();
      replica.close();
    });

    it('[5.2] ends a subscription at the moment at which the login becomes too old', async () => {
      await setHours(1);
      await age(3_600 - 2);
      const replica = await open();
      assert.notEqual(replica.frames.at(-1)!.event, 'revoked');
      await isRevoked(replica);
      assert.equal((await read()).status, 401);
    });

    it('[5.2] doesn’t end a subscription whose user has entered the password in between', async () => {
      const other = await logIn(writer, account);
      await age(3_600 - 3);
      const replica = await open();
      const control = await open({ cookie: other });
      await setHours(1);
      const proven = await prove(writer, cookie);
      await isRevoked(control);
      assert.equal((await read(undefined, cookieOf(proven))).status, 200);
      assert.deepEqual([replica.socket.connected, replica.frames.some(({ event }) => event === 'revoked')], [true, false]);
    });

    it('[5.2] accepts 1 to 720 hours', async () => {
      for (const sessionHours of [0, 721, 1.5]) {
        const refused = await writer.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { sessionHours } });
        assert.deepEqual([refused.status, Object.keys(refused.body)], [400, ['sessionHours']], String(sessionHours));
      }
    });
  });

  it('[10.2] creates tokens that end on both instances when they expire', async () => {
    const create = (expiresAt: string) =>
      writer.request('POST', '/api/0/api-tokens/', { cookie, body: { scopes: ['org:read', 'member:read'], expiresAt } });
    const past = await create(new Date(Date.now() - 1_000).toISOString());
    assert.deepEqual([past.status, past.body], [400, { expiresAt: ['The expiry must be in the future.'] }]);
    assert.deepEqual(Object.keys((await create('tomorrow')).body), ['expiresAt']);

    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const made = await create(expiresAt);
    assert.deepEqual([made.status, Date.parse(made.body.expiresAt)], [201, Date.parse(expiresAt)]);
    const { token } = made.body;
    const [listed] = (await read('/api-tokens/')).body;
    assert.equal(Date.parse(listed.expiresAt), Date.parse(expiresAt));
    const opened = await Promise.all([writer, reader].map((server) => WireReplica.open(server.url, token, org.slug)));
    await eventually(() => {
      for (const replica of opened)
        assert.deepEqual(replica.frames.at(-1), { event: 'goodbye', payload: { reason: 'credential-expired', retryAfterMs: null } });
    });
    for (const server of [writer, reader]) {
      const refused = await server.request('GET', `/api/0/organizations/${org.slug}/`, { token });
      assert.deepEqual([refused.status, refused.body], [401, { detail: 'Token expired' }]);
    }
  });

  describe('a session whose user enters the password again', () => {
    const me = async (server: TestServer, as: string) => (await server.request('GET', '/api/0/users/me/', { cookie: as })).status;
    /** Whether a request that needs a recent login succeeds. */
    const isRecent = async (server: TestServer, as: string) =>
      (await server.request('POST', '/api/0/api-tokens/', { cookie: as, body: { scopes: ['org:write'] } })).status === 201;
    const endGrace = () =>
      writer.services.db.updateTable('sessions').set({ former_until: sql`clock_timestamp()` }).where('user_id', '=', account.id).execute();

    it('[V7.2.4] gets a new token, and the former one ends after a grace in which it is no recent login', async () => {
      await age(3 * 3_600);
      const replica = await open();
      const proven = await prove(writer, cookie);
      const next = cookieOf(proven);
      assert.notEqual(next, cookie);
      assert.match(proven.headers.get('set-cookie')!, /Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax/);
      for (const server of [writer, reader]) {
        assert.deepEqual([await me(server, cookie), await me(server, next)], [200, 200], 'during the grace');
        assert.deepEqual([await isRecent(server, cookie), await isRecent(server, next)], [false, true]);
      }
      await endGrace();
      for (const server of [writer, reader]) assert.deepEqual([await me(server, cookie), await me(server, next)], [401, 200]);
      assert.equal(replica.socket.connected, true, 'the socket of the session stays open');
      await assert.rejects(WireReplica.connect(reader.url, { cookie }), { data: { code: 'unauthenticated' } });
      const sessions = (await read('/auth/sessions/', next)).body;
      assert.deepEqual(
        sessions.map(({ isCurrent }: { isCurrent: boolean }) => isCurrent),
        [true],
      );
    });

    it('[V7.2.4] gets one new token for concurrent requests, and keeps every one of them', async () => {
      const answers = await Promise.all([writer, reader, writer, reader].map((server) => prove(server, cookie)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200],
      );
      const cookies = answers.flatMap((answer) => (answer.headers.get('set-cookie') ? cookieOf(answer) : []));
      assert.equal(cookies.length, 1);
      await endGrace();
      assert.deepEqual([await me(reader, cookies[0]!), await me(reader, cookie)], [200, 401]);
    });

    it('[V7.2.4] loses both tokens when the session ends', async () => {
      const next = cookieOf(await prove(writer, cookie));
      assert.equal((await reader.request('POST', '/api/0/auth/logout/', { cookie })).status, 204);
      for (const server of [writer, reader]) assert.deepEqual([await me(server, cookie), await me(server, next)], [401, 401]);
    });

    it('keeps its token if the password is wrong', async () => {
      const refused = await writer.request('PUT', '/api/0/auth/', { cookie, body: { password: 'not the password' } });
      assert.deepEqual([refused.status, refused.headers.get('set-cookie')], [403, null]);
      await endGrace();
      assert.equal(await me(reader, cookie), 200);
    });
  });
});
