import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { networkOf } from '../../../server/src/identity/limits/attempt-limits.ts';
import { sessionsSweep } from '../../../server/src/write-path/users/sessions/sessions-sweep.ts';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, codeOf, cookieOf, goodPassword, logIn, personOf, setUpSecondFactor } from '../../support/log-in.ts';
import { realPasswordCost } from '../../support/password-cost.ts';
import { addMember, nextNumber, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const wrong = { detail: 'Invalid username or password.' };
const missing = { detail: 'Authentication credentials were not provided.' };

describe('a login', () => {
  let server: TestServer;
  let account: Account;

  before(async () => {
    // A cheap hash would end before its test has seen it.
    server = await startServer(realPasswordCost);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    account = await anAccount(server);
    await server.services.db.deleteFrom('attempt_limits').execute();
  });

  const call = (method: string, path: string, cookie?: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.request(method, `/api/0${path}`, { cookie, body, headers });
  const tryLogin = (body: unknown, headers: Record<string, string> = {}) => call('POST', '/auth/login/', undefined, body, headers);
  const enrol = async (type: 'totp' | 'recovery') => (await server.operate('POST', `/users/${account.id}/authenticators/`, { type })).body;

  const foreign = [
    { Origin: 'https://evil.example.com' },
    { Origin: 'null' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { Origin: 'https://evil.example.com', 'Sec-Fetch-Site': 'same-origin' },
  ];

  const near = () => {
    const { origin } = new URL(server.url);
    return [`${origin}.evil.example.com`, `https://${origin.slice(7)}`, `${origin}0`, origin.replace('127.0.0.1', 'localhost')];
  };

  it('[V3.3.2] [V3.3.4] [V7.2.2] [V7.2.3] returns the user with their own details, and a cookie that scripts cannot read', async () => {
    const answer = await tryLogin({ username: account.email.toUpperCase(), password: goodPassword });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.id, account.id);
    assert.deepEqual(
      answer.body.emails.map(({ email, is_verified }: { email: string; is_verified: boolean }) => [email, is_verified]),
      [[account.email, true]],
    );
    const header = answer.headers.get('set-cookie')!;
    assert.match(header, /^rollcall_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax(,|$)/);
    const me = await call('GET', '/users/me/', cookieOf(answer));
    assert.deepEqual(me.body, answer.body);
    const rows = await server.services.db.selectFrom('sessions').selectAll().where('user_id', '=', account.id).execute();
    assert.equal(JSON.stringify(rows).includes(cookieOf(answer).split('=')[1]!), false);
  });

  /** Whether a password hash is computed at some time until the response. */
  async function occupiesPool(body: unknown): Promise<boolean> {
    let isOccupied = false;
    let isAnswered = false;
    const login = tryLogin(body).finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      isOccupied ||= server.services.passwords.use.computing > 0;
      await setImmediate();
    }
    assert.equal((await login).status, 401);
    return isOccupied;
  }

  it('fails in the same way, and after the same hash, for an unknown user, a wrong password, a missing one and a disabled user', async () => {
    const passwordless = await server.operate('POST', '/users/', { email: `none-${nextNumber()}@example.com` });
    const disabled = await anAccount(server);
    await server.operate('PUT', `/users/${disabled.id}/`, { isActive: false });
    const cases = [
      ['unknown@example.com', goodPassword],
      [account.email, 'not the password'],
      [passwordless.body.email, goodPassword],
      [disabled.email, goodPassword],
    ];
    for (const [username, password] of cases) {
      const { status, body, headers } = await tryLogin({ username, password });
      assert.deepEqual({ status, body }, { status: 401, body: wrong }, username);
      assert.equal(headers.get('www-authenticate'), 'xBasic realm="api"');
      assert.equal(headers.get('set-cookie'), null);
    }
    for (const [username, password] of cases) assert.ok(await occupiesPool({ username, password }), `no hash was computed for ${username}`);
  });

  it('reports which fields are missing or too long', async () => {
    assert.deepEqual((await tryLogin({})).body, { username: ['This field is required.'], password: ['This field is required.'] });
    assert.equal((await tryLogin({ username: account.email, password: 'x'.repeat(257) })).status, 400);
  });

  it('[V6.5.5] requires the second factor, and accepts each code once', async () => {
    const { secret } = await enrol('totp');
    const asked = await tryLogin({ username: account.email, password: goodPassword });
    assert.equal(asked.status, 401);
    assert.equal(asked.body.detail.code, '2fa-required');
    const wrongCode = await tryLogin({ username: account.email, password: goodPassword, otp: codeOf(secret, 10) });
    assert.deepEqual([wrongCode.status, wrongCode.body.detail.code], [401, '2fa-required']);
    // A caller without the password learns nothing about a second factor.
    assert.deepEqual((await tryLogin({ username: account.email, password: 'x', otp: codeOf(secret) })).body, wrong);

    const code = codeOf(secret);
    await logIn(server, account, code);
    const again = await tryLogin({ username: account.email, password: goodPassword, otp: code });
    assert.deepEqual([again.status, again.body.detail.code], [401, '2fa-required']);
    const earlier = await tryLogin({ username: account.email, password: goodPassword, otp: codeOf(secret, -1) });
    assert.equal(earlier.status, 401, 'a code that is older than the accepted one');
    await logIn(server, account, codeOf(secret, 1));
  });

  it('[V6.5.1] accepts a code once also if two requests send it concurrently', async () => {
    const { secret } = await enrol('totp');
    const { codes } = await enrol('recovery');
    for (const otp of [codeOf(secret), codes[0]]) {
      const answers = await Promise.all([1, 2, 3].map(() => tryLogin({ username: account.email, password: goodPassword, otp })));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401], otp);
    }
  });

  it('[V6.5.1] accepts each recovery code once, in place of the second factor', async () => {
    await enrol('totp');
    const { codes } = await enrol('recovery');
    await logIn(server, account, codes[3]);
    const again = await tryLogin({ username: account.email, password: goodPassword, otp: codes[3] });
    assert.equal(again.status, 401);
    await logIn(server, account, codes[4].toUpperCase());
    const { secret } = await server.services.db
      .selectFrom('authenticators')
      .select('secret')
      .where('user_id', '=', account.id)
      .where('type', '=', 'recovery')
      .executeTakeFirstOrThrow();
    assert.equal(JSON.parse(secret).length, 8);
  });

  it('[1.4] [V6.3.1] has limits for each account and network, and reports when to retry', async () => {
    for (let attempt = 0; attempt < 10; attempt++) assert.equal((await tryLogin({ username: account.email, password: 'x' })).status, 401);
    const limited = await tryLogin({ username: account.email.toUpperCase(), password: goodPassword });
    assert.equal(limited.status, 429);
    assert.deepEqual(limited.body, {
      detail: 'You are attempting to use this endpoint too frequently. Limit is 10 requests in 900 seconds',
    });
    const seconds = Number(limited.headers.get('retry-after'));
    assert.ok(seconds > 800 && seconds <= 900, String(seconds));
    await logIn(server, await anAccount(server));
  });

  it('counts concurrent guesses, and resets the count after a successful login', async () => {
    const other = await anAccount(server);
    const answers = await Promise.all(Array.from({ length: 14 }, () => tryLogin({ username: other.email, password: 'x' })));
    assert.equal(answers.filter(({ status }) => status === 429).length, 4);
    for (let attempt = 0; attempt < 9; attempt++) await tryLogin({ username: account.email, password: 'x' });
    await logIn(server, account);
    assert.equal((await tryLogin({ username: account.email, password: 'x' })).status, 401);
  });

  it('limits guesses at the second factor more strictly', async () => {
    await enrol('totp');
    const guess = () => tryLogin({ username: account.email, password: goodPassword, otp: '000000' });
    for (let attempt = 0; attempt < 5; attempt++) assert.equal((await guess()).status, 401);
    assert.equal((await guess()).status, 429);
  });

  it('[S-20] counts by the connection’s address, and ignores X-Forwarded-For from an untrusted client', async () => {
    const own = await startServer();
    try {
      const guess = (number: number) =>
        own.request('POST', '/api/0/auth/login/', {
          body: { username: `guess-${number}@example.com`, password: 'x' },
          headers: { 'X-Forwarded-For': `203.0.113.${number}` },
        });
      const { db } = own.services;
      await db.deleteFrom('attempt_limits').execute();
      await guess(1);
      await db.updateTable('attempt_limits').set({ points: 100 }).where('key', 'like', 'login-address:%').execute();
      assert.equal((await guess(2)).status, 429);
    } finally {
      await own.stop();
    }
  });

  it('[S-20] accepts addresses from trusted proxies, and extracts the IPv4 address from its IPv6 form', async () => {
    const own = await startServer({ TRUSTED_PROXIES: 'loopback' });
    try {
      const someone = await anAccount(own);
      for (const [claimed, kept] of [
        ['::ffff:203.0.113.7', '203.0.113.7'],
        ['203.0.113.8', '203.0.113.8'],
        ['"><script>', '127.0.0.1'],
      ]) {
        const answer = await own.request('POST', '/api/0/auth/login/', {
          body: { username: someone.email, password: goodPassword },
          headers: { 'X-Forwarded-For': claimed! },
        });
        const [session] = (await own.request('GET', '/api/0/auth/sessions/', { cookie: cookieOf(answer) })).body;
        assert.equal(session.ipAddress, kept);
      }
    } finally {
      await own.stop();
    }
    assert.equal(networkOf('2001:db8:1:2:3::4'), networkOf('2001:db8:1:2:ffff::5'));
    assert.notEqual(networkOf('2001:db8:1:2::4'), networkOf('2001:db8:1:3::4'));
    assert.equal(networkOf('203.0.113.7'), '203.0.113.7');
  });

  describe('[S-18] requests from a page of another site', () => {
    let cookie: string;
    beforeEach(async () => {
      cookie = await logIn(server, account);
    });

    it('[V3.5.1] fail: each write with the visitor’s session, and a login', async () => {
      const { length } = await server.services.db.selectFrom('sessions').selectAll().where('user_id', '=', account.id).execute();
      for (const headers of [...foreign, ...near().map((Origin) => ({ Origin }))]) {
        for (const [method, path, body] of [
          ['POST', '/api-tokens/', { scopes: ['org:read'] }],
          ['POST', '/organizations/', { name: 'Forged' }],
          ['PUT', '/auth/', { password: goodPassword }],
          ['POST', '/auth/logout-all/', undefined],
        ] as const) {
          const { status, body: refusal } = await call(method, path, cookie, body, headers);
          assert.equal(status, 403, JSON.stringify([headers, path]));
          assert.match(refusal.detail, /^CSRF Failed: /);
        }
        const { status } = await tryLogin({ username: account.email, password: goodPassword }, headers);
        assert.equal(status, 403, 'another site logged the visitor in');
      }
      assert.equal((await call('GET', '/organizations/', cookie)).body.length, 0);
      const after = await server.services.db.selectFrom('sessions').selectAll().where('user_id', '=', account.id).execute();
      assert.equal(after.length, length);
    });

    it('[V3.5.2] fail with a body whose type is not JSON', async () => {
      const post = (type?: string) =>
        fetch(`${server.url}/api/0/organizations/`, {
          method: 'POST',
          headers: { Cookie: cookie, ...(type ? { 'Content-Type': type } : {}) },
          body: new Blob([JSON.stringify({ name: 'Forged' })]),
        });
      for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded']) assert.equal((await post(type)).status, 415);
      assert.equal((await post('application/json')).status, 201);
    });

    it('succeed from the server’s own origin and from configured ones', async () => {
      const own = await startServer({ ALLOWED_ORIGINS: 'https://app.example.com' });
      try {
        const someone = await anAccount(own);
        for (const Origin of ['https://app.example.com', new URL(own.url).origin]) {
          const headers = { Origin, 'Sec-Fetch-Site': Origin.startsWith('https') ? 'cross-site' : 'same-origin' };
          const body = { username: someone.email, password: goodPassword };
          const answer = await own.request('POST', '/api/0/auth/login/', { body, headers });
          assert.equal(answer.status, 200);
          assert.equal(answer.headers.get('access-control-allow-origin'), Origin);
          assert.equal(answer.headers.get('access-control-allow-credentials'), 'true');
        }
      } finally {
        await own.stop();
      }
    });

    it('succeed with tokens, which no browser sends by itself', async () => {
      const { token } = (await call('POST', '/api-tokens/', cookie, { scopes: ['org:admin'] })).body;
      const answer = await server.request('POST', '/api/0/organizations/', {
        token,
        body: { name: `Org ${nextNumber()}` },
        headers: { Origin: 'https://evil.example.com' },
      });
      assert.equal(answer.status, 201);
    });
  });

  describe('a session from a login', () => {
    let cookie: string;
    beforeEach(async () => {
      cookie = await logIn(server, account);
    });

    const isGone = async (one: string) => {
      const { status, body } = await call('GET', '/users/me/', one);
      assert.deepEqual({ status, body }, { status: 401, body: missing });
    };
    const isThere = async (one: string) => assert.equal((await call('GET', '/users/me/', one)).status, 200);
    const move = (column: 'authenticated_at' | 'date_last_used' | 'expires_at', by: string) =>
      server.services.db
        .updateTable('sessions')
        .set({ [column]: sql`${sql.ref(column)} - ${by}::interval` })
        .where('user_id', '=', account.id)
        .execute();

    it('[V7.2.1] ends with the logout, which may be repeated', async () => {
      const other = await logIn(server, account);
      const answer = await call('POST', '/auth/logout/', cookie);
      assert.equal(answer.status, 204);
      assert.match(answer.headers.get('set-cookie')!, /^rollcall_session=; Max-Age=0;/);
      await isGone(cookie);
      await isThere(other);
      assert.equal((await call('POST', '/auth/logout/', cookie)).status, 204);
    });

    it('[V7.5.2] appears in a list, in which each can be ended, or all at once', async () => {
      const [second, third] = [await logIn(server, account), await logIn(server, account)];
      const listed = await call('GET', '/auth/sessions/', cookie);
      assert.deepEqual(Object.keys(listed.body[0]).sort(), [
        'dateCreated',
        'dateLastUsed',
        'expiresAt',
        'id',
        'ipAddress',
        'isCurrent',
        'userAgent',
      ]);
      assert.equal(listed.body.filter(({ isCurrent }: { isCurrent: boolean }) => isCurrent).length, 1);
      const current = async (one: string) =>
        (await call('GET', '/auth/sessions/', one)).body.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent).id;
      const secondId = await current(second);
      const stranger = await logIn(server, await anAccount(server));
      assert.equal((await call('DELETE', `/auth/sessions/${secondId}/`, stranger)).status, 404);
      assert.equal((await call('DELETE', '/auth/sessions/none/', cookie)).status, 404);
      await move('authenticated_at', '2 hours');
      for (const [method, path, body] of [
        ['DELETE', `/auth/sessions/${secondId}/`],
        ['DELETE', `/auth/sessions/${await current(cookie)}/`, { endTokens: true }],
        ['POST', '/auth/logout-all/'],
      ] as const)
        assert.equal((await call(method, path, cookie, body)).body.detail.code, 'sudo-required', `${method} ${path}`);
      assert.equal((await call('DELETE', `/auth/sessions/${await current(third)}/`, third)).status, 204, 'the own session ends without it');
      await isGone(third);
      cookie = cookieOf(await call('PUT', '/auth/', cookie, { password: goodPassword }));
      assert.equal((await call('DELETE', `/auth/sessions/${secondId}/`, cookie)).status, 204);
      await isGone(second);
      assert.equal((await call('POST', '/auth/logout-all/', cookie)).status, 204);
      await isGone(cookie);
      await isThere(stranger);
    });

    it('[V7.2.4] ends when the same browser logs in again', async () => {
      const next = await call('POST', '/auth/login/', cookie, { username: account.email, password: goodPassword });
      await isGone(cookie);
      await isThere(cookieOf(next));
    });

    it('[V7.3.1] [V7.3.2] ends after thirty days, and after fourteen without use', async () => {
      await move('date_last_used', '13 days 23 hours');
      await isThere(cookie);
      await move('date_last_used', '14 days');
      await isGone(cookie);
      const fresh = await logIn(server, account);
      await move('expires_at', '30 days');
      await isGone(fresh);
      // The sweep skips a session whose last use is being recorded.
      await eventually(async () => {
        await sessionsSweep(server.services.writePath, 14).run();
        assert.deepEqual(await server.services.db.selectFrom('sessions').selectAll().where('user_id', '=', account.id).execute(), []);
      });
    });

    it('[S-15] [V7.4.2] ends with a disabled user and stays ended when the user is enabled again', async () => {
      await server.operate('PUT', `/users/${account.id}/`, { isActive: false });
      await isGone(cookie);
      await server.operate('PUT', `/users/${account.id}/`, { isActive: true });
      await isGone(cookie);
      await isThere(await logIn(server, account));
    });

    it('[S-15] does not survive if its login ran while the user was being disabled', async () => {
      for (let round = 0; round < 10; round++) {
        const someone = await anAccount(server);
        await Promise.all([
          tryLogin({ username: someone.email, password: goodPassword }),
          server.operate('PUT', `/users/${someone.id}/`, { isActive: false }),
        ]);
        const left = await server.services.db.selectFrom('sessions').selectAll().where('user_id', '=', someone.id).execute();
        assert.deepEqual(left, [], `round ${round}`);
      }
    });

    it('[V6.2.2] [V6.2.3] [V7.4.3] stays valid if it changes the password, while all others end', async () => {
      const other = await logIn(server, account);
      const change = (body: unknown) => call('PUT', '/auth/password/', cookie, body);
      const wrongOld = await change({ password: 'x', newPassword: 'another good password' });
      assert.deepEqual([wrongOld.status, wrongOld.body], [403, { detail: { code: 'ignore' } }]);
      assert.deepEqual((await change({ password: goodPassword, newPassword: 'short' })).body, {
        newPassword: ['Ensure this field has at least 8 characters.'],
      });
      assert.equal((await change({ password: goodPassword, newPassword: 'another good password' })).status, 204);
      await isThere(cookie);
      await isGone(other);
      assert.equal((await tryLogin({ username: account.email, password: goodPassword })).status, 401);
      assert.equal((await tryLogin({ username: account.email, password: 'another good password' })).status, 200);
    });

    it('[V7.4.5] ends when the operator sets another password', async () => {
      await server.operate('PUT', `/users/${account.id}/`, { password: 'set by the operator' });
      await isGone(cookie);
    });

    it('[17.15] cannot remove an organization, team or project without a recent login, while a token can', async () => {
      const organization = (await call('POST', '/organizations/', cookie, { name: `Org ${nextNumber()}`, defaultTeam: true })).body;
      const team = organization.slug;
      const project = (await call('POST', `/teams/${organization.slug}/${team}/projects/`, cookie, { name: 'One' })).body;
      const paths = [
        `/projects/${organization.slug}/${project.slug}/`,
        `/teams/${organization.slug}/${team}/`,
        `/organizations/${organization.slug}/`,
      ];
      const { token } = (await call('POST', '/api-tokens/', cookie, { scopes: ['project:admin', 'team:admin', 'org:admin'] })).body;
      await move('authenticated_at', '2 hours');
      for (const path of paths) {
        const { status, body } = await call('DELETE', path, cookie);
        assert.equal(status, 401, path);
        assert.deepEqual(body, {
          detail: { code: 'sudo-required', message: 'Account verification required.', extra: { username: account.email } },
        });
      }
      assert.equal((await server.request('DELETE', `/api/0${paths[0]}`, { token })).status, 204);

      assert.deepEqual((await call('PUT', '/auth/', cookie, { password: 'x' })).body, { detail: { code: 'ignore' } });
      assert.equal((await call('DELETE', paths[1]!, cookie)).status, 401);
      const renewed = await call('PUT', '/auth/', cookie, { password: goodPassword });
      assert.deepEqual([renewed.status, renewed.body.id], [200, account.id]);
      assert.equal((await call('DELETE', paths[1]!, cookieOf(renewed))).status, 204);
      assert.equal((await call('DELETE', paths[2]!, cookieOf(renewed))).status, 202);
    });

    it('[S-16] [V6.3.4] gives no access to an organization that requires a second factor if the user has none', async () => {
      const organization = (await call('POST', '/organizations/', cookie, { name: `Org ${nextNumber()}` })).body;
      const guarded = await anAccount(server);
      const org: ProvisionedOrg = { id: organization.id, slug: organization.slug, owner: null as never };
      await setUpSecondFactor(server, cookie);
      const member = await logIn(server, guarded);
      await addMember(server, org, personOf(guarded), 'member');
      assert.equal((await call('GET', `/organizations/${org.slug}/`, member)).status, 200);
      const replica = await WireReplica.open(server.url, { cookie: member }, org.slug);
      assert.equal((await call('PUT', `/organizations/${org.slug}/`, cookie, { require2FA: true })).status, 200);
      await eventually(() => assert.equal(replica.socket.connected, false));
      const refused = await call('GET', `/organizations/${org.slug}/`, member);
      assert.equal(refused.status, 403);
      const late = await WireReplica.connect(server.url, { cookie: member });
      assert.deepEqual(await late.subscribe(org.slug), { mode: 'denied' });
      late.close();
      replica.close();
    });

    it('[S-14] [V4.4.3] [V7.4.1] closes its socket when it ends, and opens no new one', async () => {
      const organization = (await call('POST', '/organizations/', cookie, { name: `Org ${nextNumber()}` })).body;
      const kept = await logIn(server, account);
      const closing = await WireReplica.open(server.url, { cookie }, organization.slug);
      const staying = await WireReplica.open(server.url, { cookie: kept }, organization.slug);
      await call('POST', '/auth/logout/', cookie);
      await eventually(() => assert.equal(closing.socket.connected, false));
      assert.deepEqual(closing.frames.at(-1), { event: 'goodbye', payload: { reason: 'credential-revoked', retryAfterMs: null } });
      assert.equal(staying.socket.connected, true);
      await assert.rejects(WireReplica.connect(server.url, { cookie }), { data: { code: 'unauthenticated' } });
      staying.close();
    });

    it('[S-18] [V4.4.2] opens a socket for the server’s own pages only', async () => {
      const { origin } = new URL(server.url);
      const own = await WireReplica.connect(server.url, { cookie, headers: { Origin: origin, 'Sec-Fetch-Site': 'same-origin' } });
      own.close();
      for (const headers of [...foreign, ...near().map((Origin) => ({ Origin }))]) {
        await assert.rejects(
          WireReplica.connect(server.url, { cookie, headers: headers as Record<string, string> }),
          JSON.stringify(headers),
        );
      }
    });

    it('[S-19] [V4.4.4] uses the current cookie when a socket reconnects', async () => {
      const other = await anAccount(server);
      const first = await WireReplica.connect(server.url, { cookie });
      const organization = (await call('POST', '/organizations/', cookie, { name: `Org ${nextNumber()}` })).body;
      await first.subscribe(organization.slug);
      await eventually(() => assert.notEqual(first.cursor, null));
      const next = await call('POST', '/auth/login/', cookie, { username: other.email, password: goodPassword });
      await eventually(() => assert.equal(first.socket.connected, false));
      const second = await WireReplica.connect(server.url, { cookie: cookieOf(next) });
      assert.deepEqual(await second.subscribe(organization.slug, { cursor: first.cursor }), { mode: 'denied' });
      second.close();
    });
  });
});
