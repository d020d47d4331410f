import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, cookieOf, goodPassword, logIn, personOf, setUpSecondFactor } from '../support/log-in.ts';
import { readMails } from '../support/mailbox.ts';
import { readMetric } from '../support/metrics.ts';
import { addPasskey, beginPasskey, logInWithPasskey } from '../support/passkeys.ts';
import { addMember, anOrganizationOf, aPerson } from '../support/provision.ts';
import { apiOf, startServer, type TestServer } from '../support/server.ts';
import { type Deviations, SoftwareAuthenticator } from '../support/software-authenticator.ts';

const refusal = { detail: 'This passkey can’t log in here, or the request has expired. Try again.' };

/** Each browser begins at one instance, and finishes at the other. */
describe('passkeys, at two instances', () => {
  let instances: Instances;
  let publicUrl: string;
  let one: TestServer;
  let other: TestServer;
  let account: Account;
  let cookie: string;
  let laptop: SoftwareAuthenticator;

  before(async () => {
    const ports = [await freePort(), await freePort()] as const;
    publicUrl = `http://localhost:${ports[0]}`;
    instances = await startInstances(2, { environment: { PUBLIC_URL: publicUrl }, ports });
    [one, other] = instances.servers as [TestServer, TestServer];
    other = atPort(other, ports[1]);
  });
  after(() => instances?.stop());
  const toStop: TestServer[] = [];
  /** All instances have the PUBLIC_URL of the first one. */
  const atPort = (server: TestServer, port: number): TestServer => {
    const url = `http://127.0.0.1:${port}`;
    return { ...server, url, ...apiOf(url, server.operatorToken) };
  };
  /** Until the end of the test. */
  const another = async (settings: Readonly<Record<string, string>> = {}) => {
    const port = await freePort();
    const server = await startServer({ ...instances.environment, ...settings, PORT: String(port) });
    toStop.push(server);
    return atPort(server, port);
  };
  afterEach(async () => {
    await Promise.all(toStop.splice(0).map((server) => server.stop()));
  });
  beforeEach(async () => {
    await one.services.db.deleteFrom('attempt_limits').execute();
    account = await anAccount(one);
    cookie = await logIn(one, account);
    laptop = new SoftwareAuthenticator(publicUrl);
  });

  const list = async (as = cookie) => (await other.request('GET', '/api/0/auth/authenticators/', { cookie: as })).body;
  const enter = (body: unknown, as?: string) =>
    one.request('POST', '/api/0/auth/login/', {
      cookie: as,
      body: { username: account.email, password: goodPassword, ...(body as object) },
    });
  const whoIs = async (as: string) => (await other.request('GET', '/api/0/auth/', { cookie: as })).body.email;
  const remove = (id: string, server = one, as = cookie) =>
    server.request('DELETE', `/api/0/auth/authenticators/webauthn/${id}/`, { cookie: as });
  /** A session whose user can change their factors, because its passkey is one of them. */
  const enterByPasskey = async (authenticator = laptop) => {
    const answer = await logInWithPasskey(one, authenticator, { finishAt: other });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return cookieOf(answer);
  };
  const eventsOf = async (names: readonly string[]) => {
    const { body } = await one.operate('GET', '/security-events/?after=0&limit=1000');
    return body.rows
      .filter((event: { event: string }) => names.includes(event.event))
      .map(({ event, kind, outcome }: Record<string, string>) => [event, kind, outcome].join(' '));
  };

  it('[V6.3.3] a passkey is a second factor, and logs in alone', async () => {
    const { codes } = await addPasskey(one, cookie, laptop, { finishAt: other });
    assert.equal(codes?.length, 10, 'recovery codes come with the first passkey');
    const [passkey, recovery] = await list();
    assert.deepEqual([passkey.type, passkey.name, passkey.dateUsed, passkey.codesLeft], ['webauthn', 'Laptop', null, null]);
    assert.deepEqual([recovery.type, recovery.codesLeft], ['recovery', 10]);

    const session = await enterByPasskey();
    assert.equal(await whoIs(session), account.email);
    const me = await one.request('GET', '/api/0/users/me/', { cookie: session });
    assert.equal(me.body.has2fa, true);
    assert.notEqual((await list(session))[0].dateUsed, null);
  });

  it('[V6.3.3] a login with it counts as one with a second factor where an organization requires one', async () => {
    const owner = await aPerson(one, { hasSecondFactor: true });
    const org = await anOrganizationOf(one, owner);
    await addMember(one, org, personOf(account), 'member');
    await addPasskey(one, cookie, laptop);
    const path = `/api/0/organizations/${org.slug}/`;
    assert.equal((await one.request('PUT', path, { token: owner.token, body: { require2FA: true } })).status, 200);
    assert.equal((await other.request('GET', path, { cookie })).status, 200, 'adding the passkey raised its session');
    assert.equal((await other.request('GET', path, { cookie: await enterByPasskey() })).status, 200);

    const last = (await list())[0].id;
    assert.equal((await remove(last)).status, 204);
    await eventually(async () => assert.equal((await other.request('GET', path, { cookie })).status, 401, 'the factor is gone'));
  });

  it('a passkey serves as the second step after a password, and a recovery code without it', async () => {
    const { codes } = await addPasskey(one, cookie, laptop);
    const first = await enter({});
    assert.deepEqual([first.status, first.body.detail.code, first.body.detail.extra], [401, '2fa-required', { types: ['webauthn'] }]);
    const begun = await beginPasskey(other);
    const second = await enter({ passkey: laptop.get(begun.options) }, begun.cookie);
    assert.equal(second.status, 200, JSON.stringify(second.body));

    const stranger = await anAccount(one);
    const phone = new SoftwareAuthenticator(publicUrl);
    await addPasskey(one, await logIn(one, stranger), phone);
    const foreign = await beginPasskey(one);
    const refused = await enter({ passkey: phone.get(foreign.options) }, foreign.cookie);
    assert.deepEqual([refused.status, refused.body.detail.code], [401, '2fa-required'], 'the passkey of another account');

    assert.equal((await enter({ otp: codes![0] })).status, 200);
    assert.equal((await enter({ otp: codes![0] })).status, 401, 'a recovery code works once');
    assert.equal((await list(await enterByPasskey())).at(-1).codesLeft, 9);
  });

  const wrong: readonly (readonly [string, Deviations])[] = [
    ['of a page of another origin', { origin: 'http://localhost.evil.example' }],
    ['of a page on another port', { origin: 'http://localhost' }],
    ['for another host', { rpId: 'evil.example' }],
    ['of an authenticator that did not verify its user', { isUserVerified: false }],
    ['in a frame of another site', { crossOrigin: true }],
    ['with the id of another user', { userHandle: Buffer.alloc(64, 7).toString('base64url') }],
    ['without the id of a user', { userHandle: null }],
  ];
  for (const [what, deviations] of wrong) {
    it(`[V6.3.3] refuses a signature ${what}, with the same response as for an unknown passkey`, async () => {
      await addPasskey(one, cookie, laptop);
      const refused = await logInWithPasskey(one, laptop, { deviations, finishAt: other });
      const unknown = await logInWithPasskey(one, new SoftwareAuthenticator(publicUrl));
      for (const answer of [refused, unknown]) assert.deepEqual([answer.status, answer.body], [401, refusal]);
      assert.equal(refused.headers.get('set-cookie'), null);
    });
  }

  it('refuses such a new passkey too', async () => {
    for (const [what, deviations] of wrong.slice(0, 5)) {
      const begun = await one.request('POST', '/api/0/auth/authenticators/webauthn/', { cookie });
      const body = { name: 'Forged', passkey: laptop.create(begun.body, deviations) };
      const answer = await other.request('POST', '/api/0/auth/authenticators/webauthn/confirm/', { cookie, body });
      assert.equal(answer.status, 400, what);
    }
    assert.deepEqual(await list(), []);
  });

  it('[V6.5.1] a response to a challenge works once, at one of two instances', async () => {
    await addPasskey(one, cookie, laptop);
    const begun = await beginPasskey(one);
    const request = { cookie: begun.cookie, body: { passkey: laptop.get(begun.options) } };
    const send = (server: TestServer) => server.request('POST', '/api/0/auth/passkey/login/', request);
    const answers = await Promise.all([send(one), send(other)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401]);
    for (const server of [one, other]) assert.deepEqual((await send(server)).body, refusal);
  });

  it('refuses a challenge of another browser, of a setup, and one that has expired', async () => {
    await addPasskey(one, cookie, laptop);
    const [mine, theirs] = [await beginPasskey(one), await beginPasskey(one)];
    const logInWith = (options: unknown, as: string) =>
      other.request('POST', '/api/0/auth/passkey/login/', { cookie: as, body: { passkey: laptop.get(options as never) } });
    assert.equal((await logInWith(theirs.options, mine.cookie)).status, 401);
    assert.equal((await logInWith(mine.options, '')).status, 401, 'without the cookie');
    const setup = await one.request('POST', '/api/0/auth/authenticators/webauthn/', { cookie });
    assert.equal((await logInWith({ ...mine.options, challenge: setup.body.challenge }, mine.cookie)).status, 401);
    assert.equal((await logInWith(mine.options, mine.cookie)).status, 200, 'refusals consume nothing');
  });

  it('[V7.2.4] confirms the login of its own session, and raises it', async () => {
    await addPasskey(one, cookie, laptop);
    await one.services.db
      .updateTable('sessions')
      .set({ authenticated_at: sql`clock_timestamp() - interval '3 hours'`, second_factor_at: null, has_second_factor: false })
      .where('user_id', '=', account.id)
      .execute();
    const change = (as: string) => one.request('POST', '/api/0/auth/authenticators/recovery/', { cookie: as });
    const before = await change(cookie);
    assert.equal(before.body.detail?.code, 'sudo-required', JSON.stringify(before.body));
    const prove = async (authenticator: SoftwareAuthenticator, server = one) => {
      const begun = await beginPasskey(one, cookie);
      return server.request('PUT', '/api/0/auth/', { cookie: begun.cookie, body: { passkey: authenticator.get(begun.options) } });
    };
    const phone = new SoftwareAuthenticator(publicUrl);
    await addPasskey(one, await logIn(one, await anAccount(one)), phone);
    for (const authenticator of [phone, new SoftwareAuthenticator(publicUrl)]) {
      const refused = await prove(authenticator);
      assert.deepEqual([refused.status, refused.body.detail.code], [403, 'wrong-passkey'], 'not one of the account');
    }
    const neither = await one.request('PUT', '/api/0/auth/', { cookie, body: {} });
    assert.deepEqual([neither.status, neither.body], [400, { password: ['This field is required.'] }]);
    const proven = await prove(laptop, other);
    assert.equal(proven.status, 200, JSON.stringify(proven.body));
    const renewed = cookieOf(proven);
    assert.notEqual(renewed, cookie, 'the session has a new token');
    assert.equal((await change(renewed)).status, 201);
  });

  it('a removed passkey logs in no more, and a removal ends the sessions of a login beside it', async () => {
    const { id } = await addPasskey(one, cookie, laptop);
    const begun = await beginPasskey(one);
    const passkey = laptop.get(begun.options);
    const [removed, entered] = await Promise.all([
      remove(id),
      other.request('POST', '/api/0/auth/passkey/login/', { cookie: begun.cookie, body: { passkey } }),
    ]);
    assert.equal(removed.status, 204);
    assert.ok([200, 401].includes(entered.status), JSON.stringify(entered.body));
    if (entered.status === 200) assert.equal(await whoIs(cookieOf(entered)), undefined, 'the removal has ended the session');
    assert.deepEqual((await logInWithPasskey(one, laptop)).body, refusal);
    assert.deepEqual(await list(), [], 'the recovery codes go with the last factor');
  });

  it('a removal beside many logins leaves no session of the removed passkey', async () => {
    for (let round = 0; round < 5; round++) {
      const key = new SoftwareAuthenticator(publicUrl);
      const { id } = await addPasskey(one, cookie, key);
      const entering = [one, other, one].map((server) => logInWithPasskey(one, key, { finishAt: server }));
      const [removed, ...entered] = await Promise.all([remove(id, other), ...entering]);
      assert.equal(removed.status, 204, `round ${round}`);
      for (const answer of entered) {
        if (answer.status === 200) assert.equal(await whoIs(cookieOf(answer)), undefined, `round ${round}`);
      }
      await one.services.db.deleteFrom('attempt_limits').execute();
    }
  });

  it('an account has several, each with a name, and changes only its own', async () => {
    const phone = new SoftwareAuthenticator(publicUrl);
    const first = await addPasskey(one, cookie, laptop);
    const { id, codes } = await addPasskey(one, cookie, phone, { name: 'Phone' });
    assert.equal(codes, null, 'the codes of the first one stay');
    const path = `/api/0/auth/authenticators/webauthn/${id}/`;
    const renamed = await other.request('PUT', path, { cookie, body: { name: 'Old phone' } });
    assert.deepEqual([renamed.status, renamed.body.name], [200, 'Old phone']);
    assert.equal((await one.request('PUT', path, { cookie, body: { name: ' ' } })).status, 400);

    const stranger = await logIn(one, await anAccount(one));
    assert.equal((await other.request('PUT', path, { cookie: stranger, body: { name: 'Mine' } })).status, 404);
    assert.equal((await remove(id, other, stranger)).status, 404);
    assert.deepEqual(
      (await list()).map(({ name }: { name: string }) => name),
      ['Laptop', 'Recovery Codes', 'Old phone'],
    );

    assert.equal((await remove(first.id)).status, 204);
    assert.equal((await list()).length, 2, 'the codes stay with the other passkey');
    await enterByPasskey(phone);
  });

  it('the mail about a removed passkey states how many second factors are left', async () => {
    await setUpSecondFactor(one, cookie);
    const phone = new SoftwareAuthenticator(publicUrl);
    const ids = [await addPasskey(one, cookie, laptop), await addPasskey(one, cookie, phone)].map(({ id }) => id);
    const wordsLeft = async (id: string, server: TestServer, texts: RegExp) => {
      // Later mails of ten minutes are collected. Without this row, the next one is the first.
      await one.services.db.deleteFrom('mail_windows').execute();
      assert.equal((await remove(id, server)).status, 204);
      await eventually(() => {
        // Either instance sends it.
        const mails = [one, other].flatMap((sender) => readMails(sender, account.email)).map(({ text }) => text.replace(/\s+/g, ' '));
        assert.ok(
          mails.some((text) => texts.test(text)),
          mails.join('\n'),
        );
      });
    };
    await wordsLeft(ids[0]!, one, /removed from your account\. It has 2 second factors left\./);
    await wordsLeft(ids[1]!, other, /removed from your account\. It has 1 second factor left\./);
    const { id } = await addPasskey(one, cookie, new SoftwareAuthenticator(publicUrl));
    assert.equal((await one.request('DELETE', '/api/0/auth/authenticators/totp/', { cookie })).status, 204);
    await wordsLeft(id, other, /It has no second factor left, so you can.{1,3}t open organizations that require one\./);
  });

  it('the passkey of an account can’t be added to another one', async () => {
    await addPasskey(one, cookie, laptop);
    const stranger = await logIn(one, await anAccount(one));
    const begun = await one.request('POST', '/api/0/auth/authenticators/webauthn/', { cookie: stranger });
    const body = { name: 'Stolen', passkey: laptop.create(begun.body) };
    const answer = await other.request('POST', '/api/0/auth/authenticators/webauthn/confirm/', { cookie: stranger, body });
    assert.equal(answer.status, 400, JSON.stringify(answer.body));
  });

  it('[V6.4.4] the operator’s new factor, the owner’s reset and the erasure remove passkeys', async () => {
    await addPasskey(one, cookie, laptop);
    assert.equal((await one.operate('POST', `/users/${account.id}/authenticators/`, { type: 'totp' })).status, 201);
    assert.deepEqual((await logInWithPasskey(other, laptop)).body, refusal);

    const owner = await aPerson(one);
    const org = await anOrganizationOf(one, owner);
    const member = await anAccount(one);
    await addMember(one, org, personOf(member), 'member');
    const phone = new SoftwareAuthenticator(publicUrl);
    await addPasskey(one, await logIn(one, member), phone);
    const members = await one.request('GET', `/api/0/organizations/${org.slug}/members/`, { token: owner.token });
    const memberId = members.body.find(({ email }: { email: string }) => email === member.email).id;
    const reset = await one.request('DELETE', `/api/0/organizations/${org.slug}/members/${memberId}/second-factor/`, {
      token: owner.token,
    });
    assert.ok(reset.status < 300, JSON.stringify(reset.body));
    assert.deepEqual((await logInWithPasskey(other, phone)).body, refusal);

    const tablet = new SoftwareAuthenticator(publicUrl);
    const leaver = await anAccount(one);
    const session = await logIn(one, leaver);
    await addPasskey(one, session, tablet);
    const erased = await one.request('DELETE', '/api/0/users/me/', { cookie: session });
    assert.ok(erased.status < 300, JSON.stringify(erased.body));
    assert.deepEqual((await logInWithPasskey(other, tablet)).body, refusal);
    await eventually(async () => {
      const { rows } =
        await sql`SELECT FROM passkeys JOIN authenticators ON authenticators.id = authenticator_id WHERE user_id = ${leaver.id}`.execute(
          one.services.db,
        );
      assert.equal(rows.length, 0, 'the erasure has deleted the passkey');
    });
  });

  it('[V7.5.1] changes of passkeys need a recent code or passkey', async () => {
    await setUpSecondFactor(one, cookie);
    const { id } = await addPasskey(one, cookie, laptop);
    await one.services.db
      .updateTable('sessions')
      .set({ second_factor_at: sql`clock_timestamp() - interval '3 hours'` })
      .where('user_id', '=', account.id)
      .execute();
    const path = '/api/0/auth/authenticators/webauthn/';
    for (const [method, address] of [
      ['POST', path],
      ['POST', `${path}confirm/`],
      ['PUT', `${path}${id}/`],
      ['DELETE', `${path}${id}/`],
    ] as const) {
      const refused = await one.request(method, address, { cookie });
      assert.equal(refused.body.detail.code, 'sudo-required', `${method} ${address}`);
      assert.equal(refused.body.detail.extra.needsCode, true, `${method} ${address}`);
    }
  });

  it('refuses more than twenty passkeys of an account, and a counter that has not grown', async () => {
    const counting = new SoftwareAuthenticator(publicUrl, 5);
    const { id } = await addPasskey(one, cookie, counting);
    const session = await enterByPasskey(counting);
    assert.deepEqual((await logInWithPasskey(one, counting, { deviations: { counter: 6 } })).body, refusal);
    await sql`INSERT INTO passkeys (authenticator_id, credential_id, user_handle, public_key, counter, transports, name)
      SELECT authenticator_id, credential_id || series::text, user_handle, public_key, 0, '[]', 'Other'
      FROM passkeys, generate_series(1, 19) AS series WHERE id = ${id}`.execute(one.services.db);
    const tooMany = { detail: 'An account can have at most 20 passkeys. Remove one first.' };
    const begin = (server: TestServer) => server.request('POST', '/api/0/auth/authenticators/webauthn/', { cookie: session });
    const begun = await begin(other);
    assert.deepEqual([begun.status, begun.body], [400, tooMany], 'refused before the device creates it');
    // Two setups that began with room for one.
    const last = one.services.db.deleteFrom('passkeys').where('name', '=', 'Other').where('credential_id', 'like', `${counting.id}19`);
    assert.equal((await last.executeTakeFirst()).numDeletedRows, 1n);
    const [first, second] = [await begin(one), await begin(other)];
    const confirm = (server: TestServer, options: unknown, key: SoftwareAuthenticator) =>
      server.request('POST', '/api/0/auth/authenticators/webauthn/confirm/', {
        cookie: session,
        body: { name: 'One more', passkey: key.create(options as never) },
      });
    const answers = await Promise.all([
      confirm(one, first.body, laptop),
      confirm(other, second.body, new SoftwareAuthenticator(publicUrl)),
    ]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 400]);
    assert.deepEqual(answers.find(({ status }) => status === 400)?.body, tooMany);
  });

  it('accepts a credential id of 1,023 bytes, and none that is longer', async () => {
    const longest = new SoftwareAuthenticator(publicUrl, 0, 1_023);
    await addPasskey(one, cookie, longest);
    await enterByPasskey(longest);
    const tooLong = new SoftwareAuthenticator(publicUrl, 0, 1_024);
    const begun = await one.request('POST', '/api/0/auth/authenticators/webauthn/', { cookie });
    const lying = { ...tooLong.create(begun.body), id: laptop.id, rawId: laptop.id };
    for (const passkey of [tooLong.create(begun.body), lying]) {
      const body = { name: 'Too long', passkey };
      assert.equal((await other.request('POST', '/api/0/auth/authenticators/webauthn/confirm/', { cookie, body })).status, 400);
    }
    const entering = await beginPasskey(one);
    const answer = await other.request('POST', '/api/0/auth/passkey/login/', {
      cookie: entering.cookie,
      body: { passkey: tooLong.get(entering.options) },
    });
    assert.deepEqual([answer.status, answer.body], [400, { passkey: ['This is not the response of an authenticator.'] }]);
  });

  it('[V16.3.1] logins and changes leave security events, and refusals too', async () => {
    const { id } = await addPasskey(one, cookie, laptop);
    await logInWithPasskey(one, laptop);
    await logInWithPasskey(one, new SoftwareAuthenticator(publicUrl));
    await remove(id);
    await eventually(async () => {
      const events = await eventsOf(['login', 'factor.change']);
      for (const event of [
        'login passkey success',
        'login passkey failure',
        'factor.change passkey-added success',
        'factor.change passkey-removed success',
      ])
        assert.ok(events.includes(event), `${event} is missing: ${events.join(', ')}`);
    });
  });

  it('[V16.3.1] each refused passkey is recorded and counted as a passkey, whichever check refuses it', async () => {
    await addPasskey(one, cookie, laptop);
    const phone = new SoftwareAuthenticator(publicUrl);
    await addPasskey(one, await logIn(one, await anAccount(one)), phone);
    // Its own instance, which has not reached its limit of failures from one address.
    const fresh = await another();
    const name = 'rollcall_logins_failed_total{reason="passkey"}';
    const facts = async () => ({ counted: await readMetric(fresh, name), events: await eventsOf(['login']) });
    const refusals: readonly (readonly [what: string, event: string, send: () => Promise<{ readonly status: number }>])[] = [
      ['unknown', 'passkey', () => logInWithPasskey(fresh, new SoftwareAuthenticator(publicUrl))],
      ['used before, in a login', 'passkey', () => sendAgain('POST', '/api/0/auth/passkey/login/', {})],
      ['used before, as the second step', 'passkey', () => sendAgain('POST', '/api/0/auth/login/', entered)],
      ['used before, to confirm', 'passkey-again', () => sendAgain('PUT', '/api/0/auth/', {}, cookie)],
      ['of another account, as the second step', 'passkey', () => send(phone, 'POST', '/api/0/auth/login/', entered)],
      ['of another account, to confirm', 'passkey-again', () => send(phone, 'PUT', '/api/0/auth/', {}, cookie)],
    ];
    const entered = { username: account.email, password: goodPassword };
    const send = async (key: SoftwareAuthenticator, method: string, path: string, body: object, as?: string) => {
      const begun = await beginPasskey(other, as);
      return fresh.request(method, path, { cookie: begun.cookie, body: { ...body, passkey: key.get(begun.options) } });
    };
    // The challenge is used at the other instance, and its response sent once more.
    const sendAgain = async (method: string, path: string, body: object, as?: string) => {
      const begun = await beginPasskey(other, as);
      const passkey = laptop.get(begun.options);
      const used = await other.request('POST', '/api/0/auth/passkey/login/', {
        cookie: begun.cookie.replace(as ?? '', ''),
        body: { passkey },
      });
      assert.equal(used.status, 200, JSON.stringify(used.body));
      return fresh.request(method, path, { cookie: begun.cookie, body: { ...body, passkey } });
    };
    for (const [what, kind, attempt] of refusals) {
      const before = await facts();
      assert.ok([401, 403].includes((await attempt()).status), what);
      await eventually(async () => {
        const after = await facts();
        const failures = after.events.filter((event: string) => event.endsWith('failure'));
        assert.equal(after.counted, before.counted + 1, `${what}: counted once`);
        const known = before.events.filter((event: string) => event.endsWith('failure'));
        assert.deepEqual(failures.slice(known.length), [`login ${kind} failure`], what);
      });
    }
  });

  it('a new hash of the password, stored while a passkey logs in, does not refuse the login', async () => {
    await addPasskey(one, cookie, laptop);
    const begun = await beginPasskey(one);
    const { db } = one.services;
    const { pending } = await db.transaction().execute(async (tx) => {
      await sql`UPDATE users SET password_hash = password_hash || ' ' WHERE id = ${account.id}`.execute(tx);
      const request = { cookie: begun.cookie, body: { passkey: laptop.get(begun.options) } };
      const login = other.request('POST', '/api/0/auth/passkey/login/', request);
      await eventually(async () => {
        const { rows } = await sql`SELECT FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%"users"%'`.execute(db);
        assert.equal(rows.length, 1, 'the login waits for the row of the user');
      });
      return { pending: login };
    });
    const answer = await pending;
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(await whoIs(cookieOf(answer)), account.email);
  });

  it('logins by passkey succeed beside one by password at an instance with a higher cost', async () => {
    const { codes } = await addPasskey(one, cookie, laptop);
    const costly = await another({ PASSWORD_HASH_KIB: '16', PASSWORD_HASH_PASSES: '2' });
    const entered = await Promise.all(
      Array.from({ length: 6 }, (_, index) => logInWithPasskey([one, other][index % 2]!, laptop)).concat(
        costly.request('POST', '/api/0/auth/login/', { body: { username: account.email, password: goodPassword, otp: codes![0] } }),
      ),
    );
    assert.deepEqual(
      entered.map(({ status }) => status),
      Array(7).fill(200),
    );
    const { password_hash } = await one.services.db
      .selectFrom('users')
      .select('password_hash')
      .where('id', '=', account.id)
      .executeTakeFirstOrThrow();
    assert.match(password_hash!, /\$m=16,t=2,/, 'the login by password has raised the cost');
  });

  it('the request for a signature depends on no account, and refusals are limited per address', async () => {
    const { options } = await beginPasskey(one);
    assert.deepEqual(
      { ...options, challenge: '' },
      { challenge: '', rpId: 'localhost', timeout: 300_000, userVerification: 'required', allowCredentials: [] },
    );
    for (const body of [{}, { passkey: null }, { passkey: { id: 'x' } }, { passkey: 'x'.repeat(100) }])
      assert.equal((await one.request('POST', '/api/0/auth/passkey/login/', { body })).status, 400, JSON.stringify(body));
  });
});
