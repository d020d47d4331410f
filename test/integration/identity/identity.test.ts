import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { type Account, anAccount, logIn } from '../../support/log-in.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('credentials', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());

  const send = (headers: Record<string, string>, path = '/organizations/') => server.request('GET', `/api/0${path}`, { headers });
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it('[2] get the contract’s error text, with a realm that prevents a browser’s login dialog', async () => {
    const expired = await server.operate('POST', `/users/${owner.userId}/tokens/`, {
      scopes: ['org:read'],
      expiresAt: '2020-01-01T00:00:00Z',
    });
    const disabled = await aPerson(server);
    await server.operate('PUT', `/users/${disabled.userId}/`, { isActive: false });
    for (const [authorization, detail] of [
      [undefined, 'Authentication credentials were not provided.'],
      ['Bearer', 'Invalid token header. No credentials provided.'],
      ['bearer  ', 'Invalid token header. No credentials provided.'],
      ['BEARER a b', 'Invalid token header. Token string should not contain spaces.'],
      ['Bearer sntryu_unknown', 'Invalid token'],
      ['Bearer unknown', 'Invalid token'],
      [`Bearer ${expired.body.token}`, 'Token expired'],
      [`Bearer ${disabled.token}`, 'User inactive or deleted'],
      ['Bearer sntrys_unknown', 'Invalid org token'],
      [basic('a-key:'), 'API key is not valid'],
      [basic('a-key'), 'API key is not valid'],
      ['Basic', 'Invalid basic header. No credentials provided.'],
      // Credentials for other schemes, which the server ignores.
      [basic('user:password'), 'Authentication credentials were not provided.'],
      ['Digest a', 'Authentication credentials were not provided.'],
    ] as const) {
      const answer = await send(authorization === undefined ? {} : { Authorization: authorization });
      assert.deepEqual([answer.status, answer.body], [401, { detail }], authorization);
      assert.equal(answer.headers.get('www-authenticate'), 'xBasic realm="api"');
    }
  });

  it('[2] give a bound token access to its organization only', async () => {
    const other = await anOrganizationOf(server, owner);
    const { token } = (await server.operate('POST', `/users/${owner.userId}/tokens/`, { scopes: ['org:read'], organization: org.slug }))
      .body;
    const bearer = { Authorization: `Bearer ${token}` };
    assert.equal((await send(bearer, `/organizations/${org.slug}/`)).status, 200);
    assert.deepEqual((await send(bearer, `/organizations/${other.slug}/`)).body, { detail: 'Unauthorized organization access.' });
    assert.deepEqual((await send(bearer, '/users/me/')).body, { detail: 'This token access is limited to organization endpoints.' });
  });

  it('[2] take precedence over the cookie if they are in a header', async () => {
    const account = await anAccount(server);
    const cookie = await logIn(server, account);
    const withToken = await send({ Authorization: `Bearer ${owner.token}`, Cookie: cookie }, '/users/me/');
    assert.equal(withToken.body.id, owner.userId);
    assert.deepEqual((await send({ Authorization: 'Bearer unknown', Cookie: cookie }, '/users/me/')).body, { detail: 'Invalid token' });
    assert.equal((await send({ Authorization: basic('user:password'), Cookie: cookie }, '/users/me/')).body.id, account.id);
  });
});

describe('endpoints for the caller’s identity', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let orgToken: string;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server, { scopes: ['org:read', 'member:read'] });
    org = await anOrganizationOf(server, owner);
    orgToken = (await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'a', scopes: ['org:ci'] })).body.token;
  });
  after(() => server?.stop());

  const get = (path: string, token?: string) => server.request('GET', `/api/0${path}`, token === undefined ? {} : { token });

  it('[10.3] return the version to every caller, and to a caller with a credential its description', async () => {
    assert.deepEqual((await get('/')).body, { version: '0', auth: null, user: null });
    const known = await get('/', owner.token);
    assert.deepEqual(known.body.auth, { scopes: ['member:read', 'org:read'] });
    assert.equal(known.body.user.id, owner.userId);
    assert.deepEqual((await get('/', orgToken)).body, { version: '0', auth: { scopes: ['org:ci'] }, user: null });
    const invalid = await get('/', 'sntryu_unknown');
    assert.deepEqual([invalid.status, invalid.body], [401, { detail: 'Invalid token' }]);
    const account = await anAccount(server);
    const session = await server.request('GET', '/api/0/', { cookie: await logIn(server, account) });
    assert.deepEqual([session.body.auth, session.body.user.email], [null, account.email]);
    assert.equal((await server.request('GET', '/api/0/', { cookie: 'rollcall_session=unknown' })).body.user, null);
  });

  it('[10.3] return users their own details', async () => {
    const { body } = await get('/users/me/', owner.token);
    assert.deepEqual([body.id, body.email, body.username, body.has2fa], [owner.userId, owner.email, owner.email, false]);
    assert.deepEqual((await get('/auth/', owner.token)).body, body);
    assert.equal((await get('/users/me/')).status, 401);
    assert.equal((await get('/users/me/', orgToken)).status, 404);
    assert.deepEqual([(await get('/auth/', orgToken)).status, (await get('/auth/')).status], [400, 400]);
    assert.deepEqual((await get('/users/me/regions/', owner.token)).body, { regions: [{ name: 'default', url: server.url }] });
  });

  it('[10.3] return a health check to every authenticated caller', async () => {
    assert.equal((await get('/internal/health/', owner.token)).status, 200);
    assert.equal((await get('/internal/health/', orgToken)).status, 200);
    assert.equal((await get('/internal/health/')).status, 401);
  });

  describe("a user's own tokens", () => {
    let account: Account;
    let cookie: string;
    beforeEach(async () => {
      account = await anAccount(server);
      cookie = await logIn(server, account);
    });
    const call = (method: string, body?: unknown, as: string = cookie) =>
      server.request(method, '/api/0/api-tokens/', { cookie: as, body });

    it('[10.2] show their text once, appear without it in lists, and can be removed', async () => {
      const made = await call('POST', { name: 'For a script', scopes: ['project:write', 'org:read'] });
      assert.equal(made.status, 201);
      const { token, ...rest } = made.body;
      assert.match(token, /^sntryu_[0-9a-f]{64}$/);
      assert.deepEqual(
        [rest.name, rest.scopes, rest.tokenLastCharacters],
        ['For a script', ['org:read', 'project:write'], token.slice(-4)],
      );
      const listed = await call('GET');
      assert.deepEqual(listed.body, [rest]);
      assert.match(listed.headers.get('cache-control')!, /no-store/);
      assert.equal(JSON.stringify(listed.body).includes(token), false);
      assert.equal((await get('/users/me/', token)).body.id, account.id);

      const organization = (await server.request('POST', '/api/0/organizations/', { cookie, body: { name: `Org ${nextNumber()}` } })).body;
      const replica = await WireReplica.open(server.url, token, organization.slug);
      const ended = await call('DELETE', { tokenId: rest.id });
      assert.deepEqual([ended.status, ended.headers.get('cache-control')], [204, 'no-store']);
      await new Promise<void>((resolve) => (replica.socket.connected ? replica.socket.once('disconnect', () => resolve()) : resolve()));
      assert.deepEqual((await get('/users/me/', token)).body, { detail: 'Invalid token' });
    });

    it('[10.2] need known scopes', async () => {
      assert.deepEqual((await call('POST', {})).body, { scopes: ['This field is required.'] });
      assert.deepEqual((await call('POST', { scopes: ['org:everything'] })).body, { scopes: ['"org:everything" is not a valid choice.'] });
      assert.deepEqual((await call('POST', { scopes: [], name: 'x'.repeat(256) })).body, {
        name: ['Ensure this field has no more than 255 characters.'],
      });
      assert.deepEqual((await call('DELETE', {})).body, { tokenId: ['This field is required.'] });
    });

    it('[10.2][S-07] need a session for their creation, never a token', async () => {
      const { token } = (await call('POST', { scopes: ['org:admin'] })).body;
      for (const [method, body] of [['GET'], ['POST', { scopes: ['org:read'] }], ['DELETE', { tokenId: '1' }]] as const) {
        const { status, body: refusal } = await server.request(method, '/api/0/api-tokens/', { token, body });
        assert.deepEqual([status, refusal], [403, { detail: 'You do not have permission to perform this action.' }]);
      }
    });

    it('[S-03] cannot be removed by another user', async () => {
      const { id } = (await call('POST', { scopes: ['org:read'] })).body;
      const stranger = await logIn(server, await anAccount(server));
      assert.equal((await call('DELETE', { tokenId: id }, stranger)).status, 404);
      assert.deepEqual((await call('GET', undefined, stranger)).body, []);
      assert.equal((await call('GET')).body.length, 1);
    });
  });
});

describe('addresses of users', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  it('[6.2] match in searches in any case, and secondary ones stay hidden from other users', async () => {
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    const second = `Second-${nextNumber()}@example.com`;
    await server.services.db.insertInto('user_emails').values({ user_id: person.userId, email: second }).execute();
    const find = async (email: string) =>
      (await server.request('GET', `/api/0/organizations/${org.slug}/members/?query=email:${email}`, { token: owner.token })).body;
    for (const email of [second, second.toUpperCase(), person.email.toUpperCase()]) {
      assert.deepEqual(
        (await find(email)).map(({ id }: { id: string }) => id),
        [person.memberId],
        email,
      );
    }
    assert.deepEqual(await find('none@example.com'), []);
    const all = await server.request('GET', `/api/0/organizations/${org.slug}/members/`, { token: owner.token });
    const state = await server.operate('GET', `/organizations/${org.slug}/state/`);
    for (const { body } of [all, state]) assert.equal(JSON.stringify(body).toLowerCase().includes(second.toLowerCase()), false);
  });

  it('belong to one user once they are verified', async () => {
    const [one, other] = [await aPerson(server), await aPerson(server)];
    const { db } = server.services;
    const email = `shared-${nextNumber()}@example.com`;
    for (const { userId } of [one, other]) await db.insertInto('user_emails').values({ user_id: userId, email }).execute();
    const verify = (userId: string) =>
      db
        .updateTable('user_emails')
        .set({ is_verified: true })
        .where('user_id', '=', userId)
        .where(sql<boolean>`email = ${email}`)
        .execute();
    await verify(one.userId);
    await assert.rejects(verify(other.userId), { code: '23505' });
    assert.equal((await server.operate('POST', '/users/', { email: email.toUpperCase() })).status, 409);
    const org = await anOrganizationOf(server, one);
    const invited = await server.request('POST', `/api/0/organizations/${org.slug}/members/`, { token: one.token, body: { email } });
    assert.deepEqual(invited.body, { email: [`The user ${email} is already a member`] });
  });
});
