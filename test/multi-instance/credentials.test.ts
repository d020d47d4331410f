import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import type { Schema } from '../../server/src/database/schema.ts';
import { hashToken } from '../../server/src/runtime/secrets/hash-token.ts';
import { DnsServer } from '../support/dns-server.ts';
import { aDomain } from '../support/domains.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Account, anAccount, codeOf, cookieOf, goodPassword, logIn, personOf } from '../support/log-in.ts';
import { linkOf, mailsTo, type ReceivedMail, readMails } from '../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type ProvisionedOrg } from '../support/provision.ts';
import { enableScim } from '../support/scim.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** ROUNDS sets the number of rounds of each race. */
const rounds = Number(process.env.ROUNDS ?? 20);

describe('credentials at two instances', function () {
  this.timeout(600_000);
  let instances: Instances;
  let dns: DnsServer;
  let first: TestServer;
  let second: TestServer;
  let account: Account;
  let cookie: string;

  before(async () => {
    dns = await DnsServer.start();
    instances = await startInstances(2, { environment: { DNS_SERVERS: dns.address } });
    [first, second] = instances.servers as [TestServer, TestServer];
  });
  after(async () => {
    await instances?.stop();
    await dns?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await first.services.db.deleteFrom('attempt_limits').execute();
    account = await anAccount(first);
    cookie = await logIn(first, account);
  });

  const call = (method: string, path: string, body?: unknown, as = cookie, server = first) =>
    server.request(method, `/api/0${path}`, { cookie: as, body });
  const setActive = (isActive: boolean) => second.operate('PUT', `/users/${account.id}/`, { isActive });
  const statusOf = async (token: string) => (await second.request('GET', '/api/0/', { token })).status;

  /** A session without the cost of hashing, for races of hundreds of rounds. */
  async function aSession(): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await first.services.db
      .insertInto('sessions')
      .values({ user_id: account.id, token_hash: hashToken(token), expires_at: sql<string>`clock_timestamp() + interval '1 day'` })
      .execute();
    return `rollcall_session=${token}`;
  }

  /** Runs `meanwhile` while a request waits for the lock on the user's row, and then commits. */
  async function whileUserIsHeld<T>(request: () => Promise<T>, meanwhile: (tx: Transaction<Schema>) => Promise<unknown>): Promise<T> {
    const { db } = second.services;
    const before = await waitingLocks();
    return db
      .transaction()
      .execute(async (tx) => {
        await tx.selectFrom('users').select('id').where('id', '=', account.id).forUpdate().execute();
        const requesting = request();
        await eventually(async () => assert.ok((await waitingLocks()) > before, 'the request takes no lock on the user'));
        await meanwhile(tx);
        return { requesting };
      })
      .then(({ requesting }) => requesting);
  }

  /** An organization of the account whose identity provider uses SCIM. */
  async function anOrgWithScim(): Promise<{ readonly slug: string }> {
    const org = (await call('POST', '/organizations/', { name: `Org ${nextNumber()}` })).body;
    await enableScim(first, org.id);
    return org;
  }

  async function waitingLocks(): Promise<number> {
    const { rows } = await sql<{ count: string }>`SELECT count(*) AS count FROM pg_locks WHERE NOT granted`.execute(first.services.db);
    return Number(rows[0]!.count);
  }

  const disable = (tx: Transaction<Schema>) => tx.updateTable('users').set({ is_active: false }).where('id', '=', account.id).execute();
  const endSessions = (tx: Transaction<Schema>) => tx.deleteFrom('sessions').where('user_id', '=', account.id).execute();

  describe('credentials of a disabled user', () => {
    it('[H-11] cannot be created, because each request that creates one first locks the user’s row', async () => {
      const org = (await call('POST', '/organizations/', { name: `Org ${nextNumber()}` })).body;
      const withScim = await anOrgWithScim();
      const begun = (await call('POST', '/auth/authenticators/totp/')).body;
      const added = (await call('POST', '/auth/emails/', { email: `second-${nextNumber()}@example.com` })).body;
      const requests = {
        'a token of the user': () => call('POST', '/api-tokens/', { scopes: ['org:read'] }),
        'a token of the organization': () => call('POST', `/organizations/${org.slug}/org-auth-tokens/`, { name: 'Build' }),
        'a token for SCIM': () => call('POST', `/organizations/${withScim.slug}/auth-provider/scim-token/`),
        'a token for SCIM, with its start': () => call('PUT', `/organizations/${withScim.slug}/auth-provider/`, { scim_enabled: true }),
        'a second factor': () => call('POST', '/auth/authenticators/totp/confirm/', { setup: begun.setup, code: codeOf(begun.secret) }),
        'an address': () => call('POST', '/auth/emails/', { email: `third-${nextNumber()}@example.com` }),
        'another link to an address': () => call('POST', `/auth/emails/${added.id}/ask/`),
        'a session': () => first.request('POST', '/api/0/auth/login/', { body: { username: account.email, password: goodPassword } }),
        'another password': () => call('PUT', '/auth/password/', { password: goodPassword, newPassword: 'another good password' }),
      };
      for (const [what, request] of Object.entries(requests)) {
        const answer = await whileUserIsHeld(request, disable);
        assert.equal(answer.status, 401, `${what}: ${JSON.stringify(answer.body)}`);
        await first.services.db.updateTable('users').set({ is_active: true }).where('id', '=', account.id).execute();
      }
      const byOperator = await whileUserIsHeld(
        () => first.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read'] }),
        disable,
      );
      assert.equal(byOperator.status, 400);
      const { db } = first.services;
      const left = await db.selectFrom('auth_tokens').select('id').where('user_id', '=', account.id).execute();
      assert.deepEqual(left, []);
      assert.deepEqual(await db.selectFrom('auth_tokens').select('id').where('organization_id', '=', org.id).execute(), []);
    });

    it('[H-11] cannot be created by a session that ends in between, nor can a domain be verified', async () => {
      const org = (await call('POST', '/organizations/', { name: `Org ${nextNumber()}` })).body;
      const withScim = await anOrgWithScim();
      const begun = (await call('POST', '/auth/authenticators/totp/')).body;
      const domain = await aDomain(first, { slug: org.slug, cookie }, `verified-${nextNumber()}.example.com`);
      const requests = [
        () => call('POST', '/api-tokens/', { scopes: ['org:read'] }),
        () => call('POST', `/organizations/${org.slug}/org-auth-tokens/`, { name: 'Build' }),
        () => call('POST', `/organizations/${withScim.slug}/auth-provider/scim-token/`),
        () => call('PUT', `/organizations/${withScim.slug}/auth-provider/`, { jit: 'domains' }),
        () => call('POST', `/organizations/${org.slug}/domains/${domain.id}/verify/`),
        () => call('POST', '/auth/authenticators/totp/confirm/', { setup: begun.setup, code: codeOf(begun.secret) }),
        () => call('PUT', '/auth/password/', { password: goodPassword, newPassword: 'another good password' }),
      ];
      for (const [index, request] of requests.entries()) {
        cookie = await aSession();
        assert.equal((await whileUserIsHeld(request, endSessions)).status, 401, `request ${index}`);
      }
    });

    it('[H-11] no longer include a password reset link that was mailed before', async () => {
      assert.equal((await call('POST', '/auth/password-reset/', { email: account.email })).status, 202);
      const [mail] = await mailsTo(first, account.email, 'Reset your password');
      await setActive(false);
      await setActive(true);
      const reset = { ...linkOf(mail!), password: 'set by an old link' };
      assert.equal((await call('POST', '/auth/password-reset/confirm/', reset)).status, 400);
    });

    it(`[H-11] stay invalid after the user is enabled again, in ${rounds} races at two instances`, async () => {
      let made = 0;
      for (let round = 0; round < rounds; round++) {
        const session = await aSession();
        const mint = [
          call('POST', '/api-tokens/', { scopes: ['org:read'] }, session, round % 2 ? first : second),
          first.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read'] }),
        ];
        const [user, operator] = await Promise.all([...mint, setActive(false)]);
        await setActive(true);
        for (const { status, body } of [user!, operator!]) {
          if (status !== 201) continue;
          made++;
          assert.equal(await statusOf(body.token), 401, `round ${round}`);
        }
      }
      assert.ok(made > 0, 'no round made a token before its user was disabled');
    });
  });

  describe('credentials with write scopes', () => {
    const stale = () =>
      first.services.db
        .updateTable('sessions')
        .set({ authenticated_at: sql`authenticated_at - interval '2 hours'` })
        .where('user_id', '=', account.id)
        .execute();

    it('[H-12] require a recent login of the session that creates them, and the user gets a mail', async () => {
      const org = (await call('POST', '/organizations/', { name: `Org ${nextNumber()}` })).body;
      const onOrg = (body: object) => call('POST', `/organizations/${org.slug}/org-auth-tokens/`, { name: 'Build', ...body });
      await stale();
      const writing = ['org:admin', 'member:invite', 'project:releases', 'org:integrations', 'team:write', 'org:ci', 'profile'] as const;
      for (const scope of writing) {
        if (scope === 'org:ci') continue;
        const refused = await call('POST', '/api-tokens/', { scopes: ['org:read', scope] });
        assert.deepEqual(
          [refused.status, refused.body.detail?.code, refused.body.detail?.extra],
          [401, 'sudo-required', { username: account.email }],
          scope,
        );
      }
      assert.equal((await onOrg({ scopes: ['org:write'] })).body.detail?.code, 'sudo-required');
      assert.equal((await call('POST', '/api-tokens/', { scopes: ['org:read', 'member:read'] })).status, 201);
      assert.equal((await onOrg({})).status, 201, 'a token for uploads, as the contract has it');
      assert.equal((await onOrg({ scopes: ['org:read'] })).status, 201);
      assert.deepEqual(
        readMails(first, account.email).filter(({ subject }) => subject === 'Your account was changed'),
        [],
      );

      cookie = cookieOf(await call('PUT', '/auth/', { password: goodPassword }));
      assert.equal((await call('POST', '/api-tokens/', { scopes: ['org:admin'] })).status, 201);
      const [mail] = await mailsTo(first, account.email, 'Your account was changed');
      assert.match(mail!.text, /An API token that can make changes was created/);
      assert.equal((await onOrg({ scopes: ['org:write'] })).status, 201);
    });

    it('[H-12] [S-07] cannot be created by a token with fewer scopes', async () => {
      const org = (await call('POST', '/organizations/', { name: `Org ${nextNumber()}` })).body;
      const { token } = (await call('POST', '/api-tokens/', { scopes: ['org:read', 'org:write'] })).body;
      const asToken = (path: string, body: unknown) => first.request('POST', `/api/0${path}`, { token, body });
      assert.equal((await asToken('/api-tokens/', { scopes: ['org:read'] })).status, 403);
      const path = `/organizations/${org.slug}/org-auth-tokens/`;
      assert.equal((await asToken(path, { name: 'More', scopes: ['org:admin'] })).status, 400);
      assert.equal((await asToken(path, { name: 'As much', scopes: ['org:write'] })).status, 201);
    });
  });

  describe('credentials of a user who lost a session or password', () => {
    let org: ProvisionedOrg;
    let token: string;
    let replica: WireReplica;

    beforeEach(async () => {
      org = await anOrganizationOf(first, await aPerson(first));
      await addMember(first, org, personOf(account), 'member');
      token = (await call('POST', '/api-tokens/', { scopes: ['org:read', 'member:read'] })).body.token;
      replica = await WireReplica.open(second.url, token, org.slug);
    });
    afterEach(() => replica.close());

    const isOpen = () => {
      assert.equal(replica.socket.connected, true);
    };
    const isClosed = () =>
      eventually(
        () => {
          assert.equal(replica.socket.connected, false);
          assert.deepEqual(replica.frames.at(-1), { event: 'goodbye', payload: { reason: 'credential-revoked', retryAfterMs: null } });
        },
        { timeoutMs: 2_000 },
      );
    async function reset(endTokens: boolean): Promise<number> {
      await first.services.db.deleteFrom('attempt_limits').execute();
      const count = readMails(first, account.email).filter(({ subject }) => subject === 'Reset your password').length;
      await call('POST', '/auth/password-reset/', { email: account.email });
      const mails = await mailsTo(first, account.email, 'Reset your password', count + 1);
      return (await call('POST', '/auth/password-reset/confirm/', { ...newestLink(mails), password: goodPassword, endTokens })).status;
    }
    // Files of mails are in no order.
    const newestLink = (mails: readonly ReceivedMail[]) => mails.map(linkOf).sort((a, b) => Number(b.id) - Number(a.id))[0]!;
    const ways: Readonly<Record<string, (endTokens: boolean) => Promise<number>>> = {
      'another password': async (endTokens) =>
        (await call('PUT', '/auth/password/', { password: goodPassword, newPassword: goodPassword, endTokens })).status,
      'another password by mail': reset,
      'a logout everywhere': async (endTokens) => (await call('POST', '/auth/logout-all/', { endTokens }, await aSession())).status,
      'the end of one session': async (endTokens) => {
        const own = await aSession();
        const [one] = (await call('GET', '/auth/sessions/', undefined, own)).body.filter((each: { isCurrent: boolean }) => !each.isCurrent);
        return (await call('DELETE', `/auth/sessions/${one.id}/`, { endTokens }, own)).status;
      },
      'another password by the operator': async (endTokens) =>
        (await first.operate('PUT', `/users/${account.id}/`, { password: goodPassword, endTokens })).status === 200 ? 204 : 500,
    };
    for (const [what, end] of Object.entries(ways)) {
      it(`[H-12] end with ${what} and close their sockets only if that is requested`, async () => {
        assert.equal(await end(false), 204);
        assert.equal(await statusOf(token), 200);
        isOpen();
        cookie = await aSession();
        assert.equal(await end(true), 204);
        assert.equal(await statusOf(token), 401);
        await isClosed();
      });
    }

    it(`[H-12] never outlast a logout from all devices that removes tokens, in ${rounds} races`, async () => {
      for (let round = 0; round < rounds; round++) {
        const [own, lost] = [await aSession(), await aSession()];
        const [made, ended] = await Promise.all([
          call('POST', '/api-tokens/', { scopes: ['org:read'] }, lost, second),
          call('POST', '/auth/logout-all/', { endTokens: true }, own),
        ]);
        assert.equal(ended.status, 204);
        if (made.status === 201) assert.equal(await statusOf(made.body.token), 401, `round ${round}`);
      }
    });
  });
});
