import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.ts';
import { type Instances, startInstances } from '../../support/instances.ts';
import { type Account, anAccount, codeOf, cookieOf, deviceCookieOf, goodPassword, logIn } from '../../support/log-in.ts';
import { linkOf, mailsTo } from '../../support/mailbox.ts';
import { realPasswordCost } from '../../support/password-cost.ts';
import { anOrganizationOf, aPerson, nextNumber } from '../../support/provision.ts';
import type { TestResponse, TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const attacker = '203.0.113.66';
const home = '198.51.100.1';

describe('a flood of logins', () => {
  let instances: Instances;
  let server: TestServer;
  let other: TestServer;
  let account: Account;

  before(async () => {
    // The tests flood from one machine, whose requests must not be limited as such.
    const environment = {
      // Lets floods pass the general limits and reach the pool, which is under test here.
      LIMIT_ANONYMOUS_WRITES: '1000',
      TRUSTED_PROXIES: 'loopback',
      RATE_LIMIT_PER_ADDRESS: '1000000',
      LIMIT_SESSIONS_PER_USER: '5',
      LIMIT_PASSWORDS_WAITING_PER_ADDRESS: '16',
      ...realPasswordCost,
    };
    instances = await startInstances(2, { environment });
    [server, other] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    account = await anAccount(server);
    await server.services.db.deleteFrom('attempt_limits').execute();
  });

  interface From {
    readonly from?: string;
    readonly cookie?: string;
    readonly otp?: string;
    readonly at?: TestServer;
  }
  const tryLogin = (username: string, password: string, { from = home, cookie, otp, at = server }: From = {}) =>
    at.request('POST', '/api/0/auth/login/', { body: { username, password, otp }, cookie, headers: { 'X-Forwarded-For': from } });
  const statusesOf = (answers: readonly TestResponse[]) => answers.map(({ status }) => status);
  const tally = (answers: readonly TestResponse[], wanted: number) => statusesOf(answers).filter((status) => status === wanted).length;
  const times = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));

  /**
   * Counts the hashes that an instance computes while `work` runs, at least those that had to wait.
   */
  async function hashesOf(at: TestServer, work: () => Promise<unknown>): Promise<number> {
    const { passwords } = at.services;
    const hash = passwords.hash.bind(passwords);
    let hashes = 0;
    passwords.hash = (...given) => {
      hashes++;
      return hash(...given);
    };
    try {
      await work();
    } finally {
      passwords.hash = hash;
    }
    return hashes;
  }

  async function anInvite() {
    const org = await anOrganizationOf(server, await aPerson(server));
    const email = `invitee-${nextNumber()}@example.com`;
    const made = await server.request('POST', `/api/0/organizations/${org.slug}/members/`, { token: org.owner.token, body: { email } });
    assert.equal(made.status, 201);
    const row = await server.services.db
      .selectFrom('members')
      .select('invite_token_nonce')
      .where('id', '=', made.body.id)
      .executeTakeFirstOrThrow();
    return {
      member: made.body.id as string,
      token: server.services.writePath.deriveToken('invite', made.body.id, row.invite_token_nonce!),
      email,
    };
  }

  it('counts no further attempts of an exceeded limit for a quarter of a second', async () => {
    const startedAt = performance.now();
    const answers = await Promise.all(times(50, () => tryLogin(account.email, 'wrong')));
    const quarters = Math.ceil((performance.now() - startedAt) / 250);
    assert.equal(tally(answers, 429), 40, 'ten attempts were compared');
    const { points } = await server.services.db
      .selectFrom('attempt_limits')
      .select('points')
      .where('key', 'like', 'login-account-network:%')
      .executeTakeFirstOrThrow();
    assert.ok(points <= 11 + quarters, `${points} attempts were counted in ${quarters} quarters of a second`);
  });

  it('[H-14] costs no statement while one of its limits is known to be exceeded', async () => {
    assert.equal(tally(await Promise.all(times(12, () => tryLogin(account.email, 'wrong'))), 429), 2);
    const { attempts } = server.services;
    const count = attempts.count.bind(attempts);
    let counted = 0;
    attempts.count = (...given) => {
      counted++;
      return count(...given);
    };
    const startedAt = performance.now();
    try {
      for (let n = 0; n < 40; n++) assert.equal((await tryLogin(account.email, 'wrong')).status, 429);
    } finally {
      attempts.count = count;
    }
    // The attempt that finds the limit exceeded is counted for the address first.
    const quarters = Math.ceil((performance.now() - startedAt) / 250);
    assert.ok(counted <= 2 * (quarters + 1), `${counted} counts in ${quarters} quarters of a second`);
  });

  it('[H-06] creates one account and, on each instance, one hash if it uses one invite', async () => {
    const { member, token } = await anInvite();
    const answers: TestResponse[] = [];
    const register = async (at: TestServer) => {
      answers.push(await at.request('POST', '/api/0/auth/register/', { body: { member, token, password: goodPassword } }));
    };
    for (const at of instances.servers) {
      assert.ok((await hashesOf(at, () => Promise.all(times(100, () => register(at))))) <= 1, 'more than one hash');
    }
    assert.equal(tally(answers, 201), 1);
    assert.deepEqual([...new Set(statusesOf(answers))].toSorted(), [201, 409, 429]);
  });

  it('[H-06] causes one hash if it uses one password reset link', async () => {
    await server.request('POST', '/api/0/auth/password-reset/', { body: { email: account.email } });
    const mail = await eventually(async () => {
      const found = (await Promise.all(instances.servers.map((one) => mailsTo(one, account.email, 'Reset your password', 0)))).flat();
      assert.equal(found.length, 1);
      return found[0]!;
    });
    const link = linkOf(mail);
    const answers: TestResponse[] = [];
    const hashes = await hashesOf(server, async () => {
      const confirm = () =>
        server.request('POST', '/api/0/auth/password-reset/confirm/', { body: { ...link, password: 'another password' } });
      answers.push(...(await Promise.all(times(100, confirm))));
    });
    assert.equal(hashes, 1);
    assert.equal(tally(answers, 204), 1);
  });

  it('[H-06] delays a login from another address by few hashes, and gets 429 beyond the share of its own address', async () => {
    const { passwords } = server.services;
    const verify = passwords.verify.bind(passwords);
    let compared = 0;
    let comparedBeforeHonest = 0;
    passwords.verify = async (...given) => {
      const before = compared;
      const isRight = await verify(...given);
      if (given[2].network === home) comparedBeforeHonest = compared - before;
      compared++;
      return isRight;
    };
    try {
      const accounts = await Promise.all(times(4, () => anAccount(server)));
      const flood = Promise.all(times(36, (n) => tryLogin(accounts[n % 4]!.email, goodPassword, { from: attacker })));
      await eventually(() => assert.ok(passwords.use.waiting >= 12, 'the requests of the flood have not arrived'));
      assert.equal((await tryLogin(account.email, goodPassword)).status, 200);
      const refused = (await flood).filter(({ status }) => status === 429);
      assert.ok(comparedBeforeHonest <= 4, `${comparedBeforeHonest} requests of the flood were served first`);
      assert.ok(refused.length > 0, 'none was refused');
      assert.ok(Number(refused[0]!.headers.get('retry-after')) >= 1, 'no Retry-After');
    } finally {
      passwords.verify = verify;
    }
  });

  it('[H-06] causes no computation and no count for callers that disconnect', async () => {
    const gone = new AbortController();
    const body = JSON.stringify({ username: account.email, password: 'x' });
    const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': attacker };
    const flood = times(9, () =>
      fetch(`${server.url}/api/0/auth/login/`, { method: 'POST', headers, body, signal: gone.signal }).catch(() => null),
    );
    await eventually(() => assert.ok(server.services.passwords.use.waiting >= 4, 'the requests of the flood have not arrived'));
    gone.abort();
    await Promise.all(flood);
    await eventually(() => assert.deepEqual(server.services.passwords.use, { computing: 0, waiting: 0 }));
    await eventually(async () => {
      const { points } = await server.services.db
        .selectFrom('attempt_limits')
        .select('points')
        .where('key', 'like', 'login-account-network:%')
        .executeTakeFirstOrThrow();
      assert.ok(points < 9, `${points} guesses are counted`);
    });
  });

  it('[H-06] leaves the latest sessions of a user if it succeeds, and ends the oldest with its sockets, on every instance', async () => {
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    await server.operate('POST', `/organizations/${org.id}/members/`, { userId: account.id, orgRole: 'member' });
    const oldest = await logIn(server, account);
    const replica = await WireReplica.open(other.url, { cookie: oldest }, org.slug);
    const answers = await Promise.all(
      times(12, (n) => tryLogin(account.email, goodPassword, { from: `198.51.100.${n}`, at: n % 2 ? server : other })),
    );
    assert.equal(tally(answers, 200), 12);
    const { length } = await server.services.db.selectFrom('sessions').selectAll().where('user_id', '=', account.id).execute();
    assert.equal(length, 5);
    assert.equal((await server.request('GET', '/api/0/users/me/', { cookie: oldest })).status, 401);
    await eventually(() => assert.equal(replica.socket.connected, false));
    const latest = await logIn(server, account);
    assert.equal((await server.request('GET', '/api/0/auth/sessions/', { cookie: latest })).body.length, 5);
    replica.close();
  });

  it('[H-14] [V6.3.1] does not lock out the owner at another address if it comes from one address', async () => {
    const guesses = await Promise.all(times(12, () => tryLogin(account.email, 'x', { from: attacker })));
    assert.deepEqual([tally(guesses, 401), tally(guesses, 429)], [10, 2]);
    assert.equal((await tryLogin(account.email, goodPassword, { from: attacker })).status, 429);
    assert.equal((await tryLogin(account.email, goodPassword)).status, 200);
  });

  it('[H-14] counts for its address and its browser only the guesses that were compared', async () => {
    const { db } = server.services;
    const countOf = async (limit: string) => {
      const rows = await db.selectFrom('attempt_limits').select('points').where('key', 'like', `${limit}:%`).execute();
      return rows.reduce((sum, { points }) => sum + points, 0);
    };
    const device = deviceCookieOf(await tryLogin(account.email, goodPassword));
    const guesses = await Promise.all(times(14, () => tryLogin(account.email, 'x', { from: attacker })));
    assert.deepEqual([tally(guesses, 401), tally(guesses, 429)], [10, 4]);
    assert.equal(await countOf('login-address'), 10);
    const inBrowser = await Promise.all(times(14, () => tryLogin(account.email, 'x', { cookie: device })));
    assert.deepEqual([tally(inBrowser, 401), tally(inBrowser, 429)], [10, 4]);
    assert.equal(await countOf('login-device-all'), 10);

    await db.deleteFrom('attempt_limits').where('key', 'not like', 'login-account:%').execute();
    await db.updateTable('attempt_limits').set({ points: 100 }).execute();
    assert.equal((await tryLogin(account.email, 'x')).status, 429);
    assert.deepEqual([await countOf('login-address'), await countOf('login-account-network')], [0, 0]);
  });

  it('[H-14] does not lock out a browser that the account knows, nor an open session, if it comes from everywhere', async () => {
    const known = await tryLogin(account.email, goodPassword);
    const device = deviceCookieOf(known);
    const session = cookieOf(known);
    const guess = () => Promise.all(times(4, (n) => tryLogin(account.email, 'x', { from: `203.0.113.${n}`, at: n % 2 ? server : other })));
    assert.equal(tally(await guess(), 401), 4);
    // Sets the count to what it is after 95 guesses from other addresses.
    await server.services.db.updateTable('attempt_limits').set({ points: 99 }).where('key', 'like', 'login-account:%').execute();
    assert.deepEqual(statusesOf(await guess()).toSorted(), [401, 429, 429, 429]);
    assert.equal((await tryLogin(account.email, goodPassword)).status, 429, 'an unknown browser waits');
    assert.equal((await tryLogin(account.email, goodPassword, { cookie: device })).status, 200);
    const renewed = await server.request('PUT', '/api/0/auth/', { cookie: session, body: { password: goodPassword } });
    assert.equal(renewed.status, 200);
  });

  it('[H-14] does not prevent another session from renewing its login if it comes from one session', async () => {
    const [stolen, own] = [await logIn(server, account), await logIn(server, account)];
    const renew = (cookie: string, password: string) => server.request('PUT', '/api/0/auth/', { cookie, body: { password } });
    for (let n = 0; n < 10; n++) assert.equal((await renew(stolen, 'x')).status, 403);
    assert.equal((await renew(stolen, goodPassword)).status, 429);
    assert.equal((await renew(own, goodPassword)).status, 200);
  });

  it('[H-12] has at most 100 attempts per session until the user logs in again', async () => {
    const [stolen, own] = [await logIn(server, account), await logIn(server, account)];
    const renew = (cookie: string, password: string) => server.request('PUT', '/api/0/auth/', { cookie, body: { password } });
    const { db } = server.services;
    /** The counts as after days of guesses, with pauses. */
    const guessed = async (points: number) => {
      await db.deleteFrom('attempt_limits').where('key', 'like', 'password-session:%').execute();
      await db.updateTable('attempt_limits').set({ points }).where('key', 'like', 'password-session-all:%').execute();
    };
    assert.equal((await renew(stolen, 'x')).status, 403);
    await guessed(98);
    assert.equal((await renew(stolen, goodPassword)).status, 200, 'a known browser may belong to the user');
    assert.equal((await renew(stolen, 'x')).status, 403);
    await guessed(99);
    assert.equal((await renew(stolen, 'x')).status, 403);
    assert.equal((await renew(stolen, goodPassword)).status, 429);
    assert.equal((await renew(own, goodPassword)).status, 200);
  });

  it('[H-14] counts no failure of an office for right passwords whose code follows in a second step', async () => {
    const { secret } = (await server.operate('POST', `/users/${account.id}/authenticators/`, { type: 'totp' })).body;
    for (let n = 0; n < 3; n++) assert.equal((await tryLogin(account.email, goodPassword)).body.detail.code, '2fa-required');
    assert.equal((await tryLogin(account.email, goodPassword, { otp: codeOf(secret) })).status, 200);
    const counted = await server.services.db.selectFrom('attempt_limits').select(['key', 'points']).where('points', '>', 0).execute();
    assert.deepEqual(
      counted.filter(({ key }) => key.startsWith('login-')),
      [],
    );
  });

  it('[H-14] has a separate limit in a known browser, which gives no extra guesses at other accounts', async () => {
    const device = deviceCookieOf(await tryLogin(account.email, goodPassword));
    const guesses = await Promise.all(times(12, () => tryLogin(account.email, 'x', { cookie: device })));
    assert.deepEqual([tally(guesses, 401), tally(guesses, 429)], [10, 2]);
    assert.equal((await tryLogin(account.email, goodPassword, { cookie: device })).status, 429);
    assert.equal((await tryLogin(account.email, goodPassword)).status, 200, 'an unknown browser is counted elsewhere');

    const victim = await anAccount(server);
    const at = await Promise.all(times(12, () => tryLogin(victim.email, 'x', { cookie: device, from: attacker })));
    assert.deepEqual([tally(at, 401), tally(at, 429)], [10, 2]);
  });

  it('[H-14] gains nothing from a stolen cookie after the password changes, and the user’s own browser stays known', async () => {
    const answer = await tryLogin(account.email, goodPassword);
    const [session, stolen] = [cookieOf(answer), deviceCookieOf(answer)];
    const body = { password: goodPassword, newPassword: 'another good password' };
    const changed = await server.request('PUT', '/api/0/auth/password/', { cookie: `${session}; ${stolen}`, body });
    assert.equal(changed.status, 204);
    await Promise.all(times(11, () => tryLogin(account.email, 'x', { from: attacker, cookie: stolen })));
    assert.equal((await tryLogin(account.email, body.newPassword, { from: attacker, cookie: stolen })).status, 429);
    const own = await tryLogin(account.email, body.newPassword, { from: attacker, cookie: deviceCookieOf(changed) });
    assert.equal(own.status, 200);
  });

  it('[H-14] does not lock the owner out of the second factor from another address or a known browser if it comes from one address', async () => {
    const { secret } = (await server.operate('POST', `/users/${account.id}/authenticators/`, { type: 'totp' })).body;
    const first = await tryLogin(account.email, goodPassword, { otp: codeOf(secret, -1) });
    const device = deviceCookieOf(first);
    const guesses = await Promise.all(times(7, () => tryLogin(account.email, goodPassword, { from: attacker, otp: '000000' })));
    assert.deepEqual([tally(guesses, 401), tally(guesses, 429)], [5, 2]);
    assert.equal((await tryLogin(account.email, goodPassword, { otp: codeOf(secret) })).status, 200);
    assert.equal((await tryLogin(account.email, goodPassword, { from: attacker, otp: codeOf(secret, 1), cookie: device })).status, 200);
  });
});
