import assert from 'node:assert/strict';
import { configureProvider, enforceSso, putProvider, readyToEnforce } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { TestIssuer } from '../support/issuer.ts';
import { codeOf } from '../support/log-in.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import {
  bindSession,
  changeAuthProvider,
  changeFlags,
  changeMember,
  changeOrganization,
  changeRecords,
  enforceChanges,
  linkIdentity,
} from '../support/security-records.ts';
import type { RequestOptions, TestServer } from '../support/server.ts';
import { type WireCredential, WireReplica } from '../support/wire-replica.ts';

/** Identities and bindings are rows: the logins that make them are tested elsewhere. */
describe('single sign-on, required at two instances', () => {
  let issuer: TestIssuer;
  let instances: Instances;
  let writer: TestServer;
  let reader: TestServer;
  let owner: Person;
  let org: OrgWithOwner;
  const replicas: WireReplica[] = [];

  before(async () => {
    issuer = await TestIssuer.start();
    instances = await startInstances(2, { environment: { ...issuer.environment, JWT_USER: 'id:sub' } });
    [writer, reader] = instances.servers as [TestServer, TestServer];
  });
  after(async () => {
    await instances?.stop();
    await issuer?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(writer);
    await configureProvider(writer, org);
    await readyToEnforce(writer, org);
    const { userId } = org.owner;
    const { body } = await writer.operate('POST', `/users/${userId}/tokens/`, { scopes: ['org:admin', 'member:admin', 'team:admin'] });
    owner = { ...org.owner, token: body.token };
  });
  afterEach(() => {
    for (const replica of replicas.splice(0)) replica.close();
  });

  async function aMember(into: ProvisionedOrg = org): Promise<Person> {
    const person = await aPerson(writer);
    await addMember(writer, into, person, 'member');
    return person;
  }

  async function openReplica(server: TestServer, credential: WireCredential, slug = org.slug): Promise<WireReplica> {
    const replica = await WireReplica.open(server.url, credential, slug);
    replicas.push(replica);
    return replica;
  }

  const readOrg = (options: RequestOptions, slug = org.slug) => writer.request('GET', `/api/0/organizations/${slug}/`, options);
  const jwtOf = ({ userId }: Person) => issuer.sign({ sub: userId });

  /** Returns the revision. */
  async function enforce(): Promise<number> {
    const enforced = await enforceSso(writer, org);
    assert.equal(enforced.status, 200, JSON.stringify(enforced.body));
    return revisionOf(enforced);
  }

  async function assertRefused(options: RequestOptions): Promise<void> {
    const { status, headers, body } = await readOrg(options);
    assert.equal(status, 401, JSON.stringify(body));
    assert.equal(headers.get('x-sentry-error'), 'sso-required');
    const extra = { loginUrl: `/auth/login/${org.slug}/` };
    assert.deepEqual(body, { detail: { code: 'sso-required', message: 'Must login via SSO', extra } });
  }

  async function assertDenied(credential: WireCredential): Promise<void> {
    for (const server of [writer, reader]) {
      const replica = await WireReplica.connect(server.url, credential);
      assert.deepEqual(await replica.subscribe(org.slug), { mode: 'denied' });
      replica.close();
    }
  }

  async function assertEnded(replica: WireReplica, revision: number): Promise<void> {
    await eventually(() => assert.equal(replica.revoked?.reason, 'sso-required'));
    replica.check();
    assert.ok(replica.revision < revision, `the replica got revision ${replica.revision}, which ended its access`);
    assert.ok(!JSON.stringify(replica.frames).includes('"requiresSso":true'), 'a frame contains the revision that ended the access');
  }

  it('[S-42] [S-16] ends sessions without a binding, tokens and JWTs of unlinked users on both, before the revision is sent', async () => {
    const unlinked = await aMember();
    const unbound = await aLoggedInMember(writer, org);
    await linkIdentity(writer, org.id, unbound);
    const stale = await aLoggedInMember(writer, org);
    await bindSession(writer, stale.cookie, await linkIdentity(writer, org.id, stale), { generation: 0 });
    const jwt = await jwtOf(unlinked);
    const credentials: readonly WireCredential[] = [unlinked.token, jwt, { cookie: unbound.cookie }, { cookie: stale.cookie }];
    const ending = await Promise.all(
      [writer, reader].flatMap((server) => credentials.map((credential) => openReplica(server, credential))),
    );

    const linked = await aMember();
    await linkIdentity(writer, org.id, linked);
    const bound = await aLoggedInMember(writer, org);
    await bindSession(writer, bound.cookie, await linkIdentity(writer, org.id, bound));
    const made = await writer.request('POST', `/api/0/organizations/${org.slug}/org-auth-tokens/`, {
      token: owner.token,
      body: { name: 'back end', scopes: ['org:read'] },
    });
    const staying: readonly WireCredential[] = [linked.token, await jwtOf(linked), { cookie: bound.cookie }, owner.token, made.body.token];
    const lasting = await Promise.all([writer, reader].flatMap((server) => staying.map((credential) => openReplica(server, credential))));

    const revision = await enforce();

    for (const replica of ending) await assertEnded(replica, revision);
    for (const replica of lasting) await replica.reach(revision);
    for (const token of [unlinked.token, jwt]) await assertRefused({ token });
    for (const { cookie } of [unbound, stale]) await assertRefused({ cookie });
    for (const credential of credentials) await assertDenied(credential);
    assert.equal((await readOrg({ token: linked.token })).status, 200);
    assert.equal((await readOrg({ token: made.body.token })).status, 200);
    const { body } = await readOrg({ cookie: bound.cookie });
    assert.deepEqual([body.hasAuthProvider, body.requiresSso], [true, true]);
  });

  it('[S-42] refuses writes, and lists the organization as blocked', async () => {
    const unlinked = await aMember();
    await enforce();
    const write = await writer.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: unlinked.token, body: { slug: 'ops' } });
    assert.deepEqual([write.status, write.body.detail.code], [401, 'sso-required']);
    const listed = await writer.request('GET', '/api/0/organizations/', { token: unlinked.token });
    assert.deepEqual(
      listed.body.map(({ slug, blocked }: { slug: string; blocked?: string }) => [slug, blocked]),
      [[org.slug, 'sso-required']],
    );
  });

  it('[S-42] ends bindings with the generation of the provider, and access by an identity that becomes invalid', async () => {
    const bound = await aLoggedInMember(writer, org);
    await bindSession(writer, bound.cookie, await linkIdentity(writer, org.id, bound));
    const linked = await aMember();
    await linkIdentity(writer, org.id, linked);
    await enforce();
    const [session, token] = await Promise.all([openReplica(reader, { cookie: bound.cookie }), openReplica(reader, linked.token)]);
    await changeRecords(writer, org.id, (state) => changeAuthProvider(state, { generation: 2 }));
    await eventually(() => assert.equal(session.revoked?.reason, 'sso-required'));
    await assertRefused({ cookie: bound.cookie });
    await changeRecords(writer, org.id, (state) => changeFlags(state, linked.memberId!, { 'sso:invalid': true }));
    await eventually(() => assert.equal(token.revoked?.reason, 'sso-required'));
    await assertRefused({ token: linked.token });
  });

  it('[S-42] ends all logins when the provider is deactivated, also once it is active again', async () => {
    const full = await aLoggedInMember(writer, org);
    await bindSession(writer, full.cookie, await linkIdentity(writer, org.id, full));
    const sso = await aLoggedInMember(writer, org);
    await bindSession(writer, sso.cookie, await linkIdentity(writer, org.id, sso), { isSsoSession: true });
    const replica = await openReplica(reader, { cookie: full.cookie });
    await putProvider(writer, org, { active: false });
    const { details } = await putProvider(writer, org, { active: true });
    assert.deepEqual([details.status, details.generation], ['active', 2]);
    await assertRefused({ cookie: sso.cookie });
    await assertDenied({ cookie: sso.cookie });
    // The socket was opened before the deactivation.
    const revision = await changeRecords(writer, org.id, (state) => enforceChanges(state));
    await assertEnded(replica, revision);
    await assertRefused({ cookie: full.cookie });
    const { body } = await writer.request('GET', `/api/0/organizations/${org.slug}/members/${full.memberId}/`, { token: owner.token });
    assert.deepEqual([body.flags['sso:linked'], body.flags['sso:invalid']], [true, false]);
  });

  it('[S-42] admits a recovery owner with a password, only with a second factor and as an owner', async () => {
    const recovery = await aLoggedInMember(writer, org);
    await enforce();
    await changeRecords(writer, org.id, (state) => changeMember(state, recovery.memberId!, { orgRole: 'owner', isRecoveryOwner: true }));
    await assertRefused({ cookie: recovery.cookie });
    const ownRequest = (path: string, body?: unknown) => writer.request('POST', `/api/0${path}`, { cookie: recovery.cookie, body });
    const begun = await ownRequest('/auth/authenticators/totp/');
    const proof = { setup: begun.body.setup, code: codeOf(begun.body.secret) };
    assert.equal((await ownRequest('/auth/authenticators/totp/confirm/', proof)).status, 201);
    await eventually(async () => assert.equal((await readOrg({ cookie: recovery.cookie })).status, 200));
    const replica = await openReplica(reader, { cookie: recovery.cookie });
    await changeRecords(writer, org.id, (state) => changeMember(state, recovery.memberId!, { orgRole: 'manager' }));
    await eventually(() => assert.equal(replica.revoked?.reason, 'sso-required'));
  });

  it('[S-42] ends the binding of an open socket with its member, also if the person returns', async () => {
    const bound = await aLoggedInMember(writer, org);
    const other = await anOrganizationOf(writer, await aPerson(writer));
    await addMember(writer, other, { ...bound }, 'member');
    const identity = await linkIdentity(writer, org.id, bound);
    await bindSession(writer, bound.cookie, identity);
    await enforce();
    const replica = await openReplica(reader, { cookie: bound.cookie });
    assert.notEqual((await replica.subscribe(other.slug)).mode, 'denied');
    const removed = await writer.request('DELETE', `/api/0/organizations/${org.slug}/members/${bound.memberId}/`, { cookie: org.cookie });
    assert.equal(removed.status, 204, JSON.stringify(removed.body));
    await eventually(() => assert.equal(replica.revoked?.reason, 'removed'));

    // The person logs in in another browser as a new member.
    await addMember(writer, org, bound, 'member');
    await writer.services.db.updateTable('sso_identities').set({ member_id: bound.memberId }).where('id', '=', identity).execute();
    const revision = await changeRecords(writer, org.id, (state) => changeFlags(state, bound.memberId!, { 'sso:linked': true }));
    const owners = await openReplica(reader, owner.token);
    await owners.reach(revision);
    assert.deepEqual(await replica.subscribe(org.slug), { mode: 'denied' });
    assert.equal(replica.socket.connected, true);
    await assertRefused({ cookie: bound.cookie });
  });

  it('[S-43] a binding that expires ends the subscription within a second, and the other subscriptions of the connection continue', async () => {
    const bound = await aLoggedInMember(writer, org);
    const other = await anOrganizationOf(writer, await aPerson(writer));
    await addMember(writer, other, { ...bound }, 'member');
    const identity = await linkIdentity(writer, org.id, bound);
    await enforce();
    await bindSession(writer, bound.cookie, identity, { secondsLeft: 2 });
    const endsAt = Date.now() + 2_000;
    const replica = await openReplica(reader, { cookie: bound.cookie });
    const second = await replica.subscribe(other.slug);
    assert.notEqual(second.mode, 'denied');
    await replica.live();
    await eventually(() => assert.equal(replica.revoked?.reason, 'sso-required'));
    const lateMs = Date.now() - endsAt;
    assert.ok(lateMs > -500 && lateMs < 1_000, `the subscription ended ${lateMs} ms after the binding`);
    assert.equal(replica.revoked?.org, org.id);
    await assertRefused({ cookie: bound.cookie });
    const stepsOfOther = () => replica.frames.filter(({ event, payload }) => event === 'step' && payload.org === other.id).length;
    const before = stepsOfOther();
    await changeRecords(writer, other.id, (state) => changeOrganization(state, { name: 'Another name' }));
    await eventually(() => assert.ok(stepsOfOther() > before, 'the other organization sends nothing'));
    assert.equal(replica.socket.connected, true);
  });

  describe('a session that began with single sign-on', () => {
    let member: LoggedIn;
    let other: ProvisionedOrg;
    let identity: string;

    beforeEach(async () => {
      member = await aLoggedInMember(writer, org);
      other = await anOrganizationOf(writer, await aPerson(writer));
      await addMember(writer, other, { ...member }, 'member');
      identity = await linkIdentity(writer, org.id, member);
    });

    const ownRequest = (method: string, path: string, body?: unknown) =>
      writer.request(method, `/api/0${path}`, { cookie: member.cookie, body });

    it('[S-42] gives access to the organizations of its bindings, and to no other', async () => {
      await bindSession(writer, member.cookie, identity, { isSsoSession: true });
      assert.equal((await readOrg({ cookie: member.cookie })).status, 200);
      const refused = await readOrg({ cookie: member.cookie }, other.slug);
      assert.deepEqual([refused.status, refused.body], [401, { detail: 'Unauthorized organization access.' }]);
      const listed = await ownRequest('GET', '/organizations/');
      assert.deepEqual(
        listed.body.map(({ slug }: { slug: string }) => slug),
        [org.slug],
      );
      const replica = await WireReplica.connect(reader.url, { cookie: member.cookie });
      replicas.push(replica);
      assert.deepEqual(await replica.subscribe(other.slug), { mode: 'denied' });
      assert.notEqual((await replica.subscribe(org.slug)).mode, 'denied');
    });

    it('[S-42] may not change the account', async () => {
      await bindSession(writer, member.cookie, identity, { isSsoSession: true });
      const routes: readonly (readonly [method: string, path: string, body?: object])[] = [
        ['PUT', '/auth/', { password: 'x' }],
        ['PUT', '/auth/password/', { password: 'x', newPassword: 'another correct horse' }],
        ['GET', '/auth/emails/'],
        ['POST', '/auth/emails/', { email: 'new@example.com' }],
        ['GET', '/auth/authenticators/'],
        ['POST', '/auth/authenticators/totp/'],
        ['GET', '/auth/sessions/'],
        ['POST', '/auth/logout-all/'],
        ['POST', '/organizations/', { name: 'Another' }],
      ];
      for (const [method, path, body] of routes) {
        const answer = await ownRequest(method, path, body);
        assert.deepEqual([answer.status, answer.body.detail?.code], [403, 'full-login-required'], `${method} ${path}`);
      }
      assert.equal((await ownRequest('GET', '/auth/')).status, 200);
      assert.equal((await ownRequest('POST', '/auth/logout/')).status, 204);
    });

    it('[S-42] creates, lists and removes tokens for its organizations only', async () => {
      const full = await ownRequest('POST', '/api-tokens/', { name: 'for all', scopes: ['org:read'] });
      await bindSession(writer, member.cookie, identity, { isSsoSession: true });
      const elsewhere = await ownRequest('POST', '/api-tokens/', { scopes: ['org:read'], organization: other.id });
      assert.equal(elsewhere.status, 400);
      const made = await ownRequest('POST', '/api-tokens/', { scopes: ['org:read'] });
      assert.equal(made.status, 201);
      assert.equal((await readOrg({ token: made.body.token })).status, 200);
      assert.equal((await readOrg({ token: made.body.token }, other.slug)).status, 401);
      const listed = await ownRequest('GET', '/api-tokens/');
      assert.deepEqual(
        listed.body.map(({ id }: { id: string }) => id),
        [made.body.id],
      );
      assert.equal((await ownRequest('DELETE', '/api-tokens/', { tokenId: full.body.id })).status, 404);
      assert.equal((await ownRequest('DELETE', '/api-tokens/', { tokenId: made.body.id })).status, 204);
    });

    it('[S-43] ends with its binding also where single sign-on is not required', async () => {
      await bindSession(writer, member.cookie, identity, { isSsoSession: true, secondsLeft: 1 });
      const replica = await openReplica(reader, { cookie: member.cookie });
      await eventually(() => assert.equal(replica.revoked?.reason, 'sso-required'));
      await assertRefused({ cookie: member.cookie });
    });
  });
});
