import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe("the operator's users", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.stop());

  let count = 0;
  async function aUser(fields: object = {}): Promise<{ id: string; email: string }> {
    const answer = await server.operate('POST', '/users/', { email: `user-${++count}@example.com`, ...fields });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }

  async function anOrganization(ownerId: string): Promise<{ id: string }> {
    return (await server.operate('POST', '/organizations/', { name: `Organization ${++count}`, ownerId })).body;
  }

  async function recordOfMember(orgId: string, userId: string) {
    const { records } = (await server.operate('GET', `/organizations/${orgId}/state/`)).body;
    return records.find(
      (one: { kind: string; record: { user?: { id: string } } }) => one.kind === 'member' && one.record.user?.id === userId,
    ).record;
  }

  it('exist once per address, in any case', async () => {
    const user = await aUser({ email: 'Someone@example.com', name: 'Someone', password: 'long enough' });
    assert.deepEqual(await server.operate('POST', '/users/', { email: 'someone@EXAMPLE.com' }).then(({ status, body }) => [status, body]), [
      409,
      { detail: 'A user with this email already exists.' },
    ]);
    const found = await server.operate('GET', '/users/?email=SOMEONE%40example.com');
    assert.equal(found.status, 200);
    assert.deepEqual(
      found.body.map(({ id, name, isActive, hasPasswordAuth, has2fa }: Record<string, unknown>) => ({
        id,
        name,
        isActive,
        hasPasswordAuth,
        has2fa,
      })),
      [{ id: user.id, name: 'Someone', isActive: true, hasPasswordAuth: true, has2fa: false }],
    );
    assert.deepEqual((await server.operate('GET', '/users/?email=unknown%40example.com')).body, []);
  });

  it('[1.1] [V6.2.1] cause an error that contains every invalid field', async () => {
    const { status, body } = await server.operate('POST', '/users/', { email: 'no address', password: 'short', isActive: 'maybe' });
    assert.equal(status, 400);
    assert.deepEqual(body, {
      email: ['Enter a valid email address.'],
      password: ['Ensure this field has at least 8 characters.'],
      isActive: ['Must be a valid boolean.'],
    });
  });

  it('[S-15] lose access in every disabled state, and regain it when the state ends, but not with earlier tokens', async () => {
    const user = await aUser();
    const expired = await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:read'], expiresAt: '2020-01-01T00:00:00Z' });
    const valid = await server.operate('POST', `/users/${user.id}/tokens/`, {
      scopes: ['org:read'],
      expiresAt: '2999-01-01T00:00:00+02:00',
    });
    const revoked = await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:read'] });
    assert.equal(valid.status, 201);
    assert.deepEqual(Object.keys(valid.body), ['id', 'token', 'scopes']);
    const { body: listed } = await server.operate('GET', `/users/${user.id}/tokens/`);
    assert.deepEqual(
      listed.map(({ id, tokenLastCharacters }: { id: string; tokenLastCharacters: string }) => [id, tokenLastCharacters]),
      [expired, valid, revoked].map(({ body: { id, token } }) => [id, token.slice(-4)]),
    );
    assert.ok(!JSON.stringify(listed).includes(valid.body.token), 'the text is shown once');

    const resultOf = async (token: string) => {
      const caller = server.services.authenticate({ authorization: `Bearer ${token}`, sessionToken: null });
      return caller.then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    };
    assert.equal(await resultOf(valid.body.token), 'accepted');
    assert.equal(await resultOf(expired.body.token), 'Token expired');
    assert.equal(await resultOf(revoked.body.token), 'accepted');
    assert.equal((await server.operate('DELETE', `/users/${user.id}/tokens/${revoked.body.id}/`)).status, 204);
    assert.equal((await server.operate('DELETE', `/users/${user.id}/tokens/${revoked.body.id}/`)).status, 404);
    assert.equal(await resultOf(revoked.body.token), 'Invalid token');

    assert.equal((await server.operate('PUT', `/users/${user.id}/`, { isActive: false })).body.isActive, false);
    assert.equal(await resultOf(valid.body.token), 'User inactive or deleted');
    await server.operate('PUT', `/users/${user.id}/`, { isActive: true });
    assert.equal(await resultOf(valid.body.token), 'Token expired');
    const fresh = await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:read'] });
    assert.equal(await resultOf(fresh.body.token), 'accepted');
  });

  it('[A5] lose access through the server stream, once for each occasion', async () => {
    const user = await aUser();
    const token = (await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: [] })).body;
    for (let repeat = 0; repeat < 2; repeat++) await server.operate('PUT', `/users/${user.id}/`, { isActive: false, name: 'Renamed' });
    await server.operate('DELETE', `/users/${user.id}/tokens/${token.id}/`);
    const entries = await server.services.db
      .selectFrom('change_log')
      .select(['command', 'actor', 'kind', 'before', 'after'])
      .where('organization_id', '=', '0')
      .where(sql<boolean>`record_id in (${user.id}, ${token.id})`)
      .orderBy('revision')
      .execute();
    assert.deepEqual(entries, [
      {
        command: 'update-user',
        actor: 'operator',
        kind: 'user',
        before: { id: user.id, isActive: true },
        after: { id: user.id, isActive: false },
      },
      { command: 'revoke-user-token', actor: 'operator', kind: 'user-token', before: { id: token.id, userId: user.id }, after: null },
    ]);
  });

  it('[S-01] have their own tokens, which no other user can read or change', async () => {
    const [user, other] = [await aUser(), await aUser()];
    const token = (await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:read'] })).body;
    assert.equal((await server.operate('DELETE', `/users/${other.id}/tokens/${token.id}/`)).status, 404);
    assert.equal((await server.operate('DELETE', `/users/${user.id}/tokens/none/`)).status, 404);
    assert.equal((await server.operate('PUT', '/users/999999999/', { name: 'Nobody' })).status, 404);
    assert.equal((await server.operate('PUT', '/users/me/', { name: 'Nobody' })).status, 404);
  });

  it('[2] may have a token for one organization, whose scopes are validated and expanded', async () => {
    const user = await aUser();
    const organization = await anOrganization(user.id);
    const bound = await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:admin'], organization: organization.id });
    const caller = await server.services.authenticate({ authorization: `bearer ${bound.body.token}`, sessionToken: null });
    assert.ok(caller?.actor.kind === 'user');
    assert.deepEqual([...caller.actor.boundOrgIds!], [organization.id]);
    assert.deepEqual([...caller.actor.tokenScopes!].sort(), ['org:admin', 'org:integrations', 'org:read', 'org:write']);

    const refused = await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:everything'], expiresAt: 'tomorrow' });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.body.scopes, ['"org:everything" is not a valid choice.']);
    assert.ok(refused.body.expiresAt);
    assert.equal((await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: [], organization: 'none' })).status, 400);
  });

  it('[10.1] record the use of a token at most once per minute, and store only its hash', async () => {
    const user = await aUser();
    const { id, token } = (await server.operate('POST', `/users/${user.id}/tokens/`, { scopes: ['org:read'] })).body;
    const read = () => server.services.db.selectFrom('auth_tokens').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    assert.equal((await read()).date_last_used, null);
    await server.services.authenticate({ authorization: `Bearer ${token}`, sessionToken: null });
    const first = await eventually(async () => {
      const row = await read();
      assert.ok(row.date_last_used, 'its use is not recorded');
      return row;
    });
    await server.services.authenticate({ authorization: `Bearer ${token}`, sessionToken: null });
    assert.deepEqual(await read(), first);
    assert.ok(!JSON.stringify(first).includes(token));
    assert.equal(first.token_last_characters, token.slice(-4));
  });

  it('reach the replicas of every organization before the response: name, second factor, deactivation', async () => {
    const user = await aUser();
    const organizations = [await anOrganization(user.id), await anOrganization(user.id)];
    await server.operate('PUT', `/users/${user.id}/`, { name: 'New Name' });
    const enrolled = await server.operate('POST', `/users/${user.id}/authenticators/`, { type: 'totp' });
    assert.equal(enrolled.status, 201);
    assert.match(enrolled.body.secret, /^[A-Z2-7]{32}$/);
    for (const { id } of organizations) {
      const record = await recordOfMember(id, user.id);
      assert.deepEqual([record.name, record.user.name, record.user.has2fa, record.user.isActive], ['New Name', 'New Name', true, true]);
    }
    await server.operate('PUT', `/users/${user.id}/`, { isActive: false });
    for (const { id } of organizations) assert.equal((await recordOfMember(id, user.id)).user.isActive, false);
    assert.deepEqual(await server.services.db.selectFrom('pending_refreshes').selectAll().where('user_id', '=', user.id).execute(), []);
  });

  it('get recovery codes, which do not count as a second factor', async () => {
    const user = await aUser();
    const { status, body } = await server.operate('POST', `/users/${user.id}/authenticators/`, { type: 'recovery' });
    assert.equal(status, 201);
    assert.equal(body.codes.length, 10);
    const [found] = (await server.operate('GET', `/users/?email=${user.email}`)).body;
    assert.equal(found.has2fa, false);
    assert.deepEqual((await server.operate('POST', `/users/${user.id}/authenticators/`, { type: 'sms' })).body, {
      type: ['"sms" is not a valid choice.'],
    });
  });

  it('leave no replica outdated if they join and change concurrently', async () => {
    const owner = await aUser();
    const { id: orgId } = await anOrganization(owner.id);
    for (let round = 0; round < 15; round++) {
      const user = await aUser();
      await Promise.all([
        server.operate('POST', `/organizations/${orgId}/members/`, { userId: user.id }),
        server.operate('PUT', `/users/${user.id}/`, { name: 'Changed' }),
        server.operate('POST', `/users/${user.id}/authenticators/`, { type: 'totp' }),
      ]);
      const copy = (await recordOfMember(orgId, user.id)).user;
      assert.deepEqual([copy.name, copy.has2fa], ['Changed', true], `round ${round}`);
    }
  });

  it('[R12] reach the replicas also if the server stopped between the change and its refresh', async () => {
    const user = await aUser();
    const { id } = await anOrganization(user.id);
    const { db } = server.services;
    await db.updateTable('users').set({ name: 'Found by the sweep' }).where('id', '=', user.id).execute();
    await db.insertInto('pending_refreshes').values({ user_id: user.id }).execute();
    await eventually(async () => assert.equal((await recordOfMember(id, user.id)).name, 'Found by the sweep'), { timeoutMs: 12_000 });
  });
});

describe('the operator API', () => {
  it('accepts the operator only, and checks that before anything else', async () => {
    const server = await startServer();
    try {
      const send = (token?: string) => server.request('GET', '/api/operator/health/', token === undefined ? {} : { token });
      const none = await send();
      assert.deepEqual([none.status, none.body], [401, { detail: 'Authentication credentials were not provided.' }]);
      assert.equal(none.headers.get('www-authenticate'), 'xBasic realm="api"');
      assert.deepEqual((await send(`${server.operatorToken}x`)).body, { detail: 'Invalid token' });
      const health = await send(server.operatorToken);
      assert.equal(health.status, 200);
      assert.deepEqual(Object.keys(health.body).sort(), [
        'bus',
        'database',
        'distrust',
        'missingOrganizations',
        'revisionLagMs',
        'sockets',
        'status',
        'version',
        'writes',
      ]);
      assert.equal((await server.operate('PATCH', '/users/')).body.detail, 'Method "PATCH" not allowed.');
      assert.equal((await server.operate('GET', '/nothing/')).status, 404);
    } finally {
      await server.stop();
    }
  });

  it('[V6.3.2] does not exist without an operator token', async () => {
    const server = await startServer({ OPERATOR_TOKEN: '' });
    try {
      assert.equal((await server.operate('GET', '/health/')).status, 404);
      assert.equal((await server.operate('POST', '/users/', { email: 'a@example.com' })).status, 404);
    } finally {
      await server.stop();
    }
  });

  it('[14] adds new users of a single-organization server with its default role', async () => {
    const server = await startServer({ SENTRY_SINGLE_ORGANIZATION: 'true' });
    try {
      const owner = (await server.operate('POST', '/users/', { email: 'owner@example.com' })).body;
      const organization = (await server.operate('POST', '/organizations/', { name: 'The One', ownerId: owner.id })).body;
      await server.operate('POST', '/users/', { email: 'new@example.com' });
      const { records } = (await server.operate('GET', `/organizations/${organization.slug}/state/`)).body;
      const members = records.filter(({ kind }: { kind: string }) => kind === 'member');
      assert.deepEqual(
        members.map(({ record }: { record: { email: string; orgRole: string } }) => [record.email, record.orgRole]),
        [
          ['owner@example.com', 'owner'],
          ['new@example.com', 'member'],
        ],
      );
    } finally {
      await server.stop();
    }
  });

  it('[14] exist on a single-organization server only as members, so that a repeated request completes one that failed', async () => {
    const server = await startServer({ SENTRY_SINGLE_ORGANIZATION: 'true' });
    try {
      const { db } = server.services;
      const owner = (await server.operate('POST', '/users/', { email: 'owner@example.com' })).body;
      const organization = (await server.operate('POST', '/organizations/', { name: 'The One', ownerId: owner.id })).body;
      const requests: [string, string, object][] = [
        ['POST', '/users/', { email: 'posted@example.com', externalId: 'posted' }],
        ['PUT', '/users/external:put/', { email: 'put@example.com' }],
      ];
      const operate = () => Promise.all(requests.map((request) => server.operate(...request).then(({ status }) => status)));

      // As if the statement waited too long for a lock.
      const body = sql.lit(`BEGIN RAISE EXCEPTION 'a fault' USING ERRCODE = '55P03'; END`);
      await sql`CREATE FUNCTION refuse_member() RETURNS trigger LANGUAGE plpgsql AS ${body}`.execute(db);
      await sql`CREATE TRIGGER refuse_member BEFORE INSERT ON members FOR EACH ROW EXECUTE FUNCTION refuse_member()`.execute(db);
      assert.deepEqual(await operate(), [503, 503]);
      await sql`DROP FUNCTION refuse_member CASCADE`.execute(db);

      assert.deepEqual(await operate(), [201, 201]);
      assert.deepEqual(await operate(), [409, 200]);
      const members = (await server.operate('GET', `/organizations/${organization.slug}/members/`)).body;
      assert.deepEqual(
        members.map(({ user }: { user: { externalId: string | null } }) => user.externalId).sort(),
        ['posted', 'put', null].sort(),
      );
    } finally {
      await server.stop();
    }
  });
});
