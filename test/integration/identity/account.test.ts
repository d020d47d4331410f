import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { localPathOf } from '../../../server/src/http/pages/local-path.ts';
import { readNamedUsers } from '../../../server/src/identity/tokens/identity-jwt.ts';
import { digestSecret } from '../../../server/src/runtime/secrets/secrets-at-rest.ts';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, codeOf, goodPassword, logIn } from '../../support/log-in.ts';
import { linkOf, mailsTo, readMails } from '../../support/mailbox.ts';
import { nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const linkExpired = { detail: 'This link is no longer valid. Request a new one.' };

describe('an account', () => {
  let server: TestServer;
  let account: Account;
  let cookie: string;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    await server.services.db.deleteFrom('attempt_limits').execute();
    account = await anAccount(server);
    cookie = await logIn(server, account);
  });

  const call = (method: string, path: string, body?: unknown, as: string | null = cookie) =>
    server.request(method, `/api/0/auth${path}`, { ...(as === null ? {} : { cookie: as }), body });
  const tryLogin = (username: string, password: string, otp?: string) => call('POST', '/login/', { username, password, otp }, null);
  const isGone = async (one: string) => assert.equal((await server.request('GET', '/api/0/users/me/', { cookie: one })).status, 401);
  const isThere = async (one: string) => assert.equal((await server.request('GET', '/api/0/users/me/', { cookie: one })).status, 200);
  const makeStale = () =>
    server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: sql`authenticated_at - interval '2 hours'` })
      .where('user_id', '=', account.id)
      .execute();

  describe('second factor of an account', () => {
    async function enrol(as = cookie): Promise<{ secret: string; codes: string[] }> {
      const begun = (await call('POST', '/authenticators/totp/', {}, as)).body;
      const confirmed = await call('POST', '/authenticators/totp/confirm/', { setup: begun.setup, code: codeOf(begun.secret, -1) }, as);
      assert.equal(confirmed.status, 201, JSON.stringify(confirmed.body));
      return { secret: begun.secret, codes: confirmed.body.codes };
    }

    it('starts with a QR code, and needs a code from the app as proof', async () => {
      const other = await logIn(server, account);
      const begun = await call('POST', '/authenticators/totp/');
      assert.equal(begun.status, 200);
      assert.match(begun.body.uri, /^otpauth:\/\/totp\/Rollcall:account-\d+%40example\.com\?issuer=Rollcall&secret=[A-Z2-7]{32}&/);
      const svg = Buffer.from(begun.body.qr.replace('data:image/svg+xml;base64,', ''), 'base64').toString();
      assert.match(svg, /^<svg[^>]* viewBox=/);
      assert.deepEqual((await call('GET', '/authenticators/')).body, [], 'the factor is not enrolled before a code was confirmed');

      const wrong = await call('POST', '/authenticators/totp/confirm/', { setup: begun.body.setup, code: '000000' });
      assert.equal(wrong.status, 400);
      const code = codeOf(begun.body.secret);
      const confirmed = await call('POST', '/authenticators/totp/confirm/', { setup: begun.body.setup, code });
      assert.deepEqual([confirmed.status, confirmed.body.codes.length], [201, 10]);
      assert.equal(confirmed.headers.get('cache-control'), 'no-store');
      assert.deepEqual(
        (await call('GET', '/authenticators/')).body.map(({ type }: { type: string }) => type),
        ['totp', 'recovery'],
      );
      assert.equal((await server.request('GET', '/api/0/users/me/', { cookie })).body.has2fa, true);
      await isThere(cookie);
      await isGone(other);
      await mailsTo(server, account.email, 'Your account was changed');

      assert.equal((await tryLogin(account.email, goodPassword)).body.detail.code, '2fa-required');
      assert.equal(
        (await tryLogin(account.email, goodPassword, code)).status,
        401,
        'the code that confirmed the setup cannot be used again',
      );
      await logIn(server, account, codeOf(begun.body.secret, 1));
      await logIn(server, account, confirmed.body.codes[0]);
    });

    it('needs a setup that the server began recently for the same user', async () => {
      const begun = (await call('POST', '/authenticators/totp/')).body;
      const stranger = await logIn(server, await anAccount(server));
      const confirm = (setup: string, as: string) =>
        call('POST', '/authenticators/totp/confirm/', { setup, code: codeOf(begun.secret) }, as);
      for (const [setup, as] of [
        [begun.setup, stranger],
        [`${begun.setup.slice(0, -2)}AA`, cookie],
        ['{}', cookie],
      ] as const) {
        assert.equal((await confirm(setup, as)).status, 400);
      }
    });

    it('gets new recovery codes on request, and the earlier ones stop working', async () => {
      assert.equal((await call('POST', '/authenticators/recovery/')).status, 400);
      const { codes } = await enrol();
      const renewed = await call('POST', '/authenticators/recovery/');
      assert.equal(renewed.status, 201);
      assert.equal((await tryLogin(account.email, goodPassword, codes[0])).status, 401);
      await logIn(server, account, renewed.body.codes[0]);
    });

    it('shows its user how many recovery codes are left', async () => {
      const codesLeft = async () =>
        (await call('GET', '/authenticators/')).body.map(({ codesLeft: left }: { codesLeft: number | null }) => left);
      const { codes } = await enrol();
      assert.deepEqual(await codesLeft(), [null, 10]);
      await logIn(server, account, codes[0]);
      await logIn(
        server,
        account,
        codes[1]!
          .toUpperCase()
          .match(/.{1,4}/g)!
          .join('-'),
      );
      assert.equal((await tryLogin(account.email, goodPassword, codes[0])).status, 401, 'a used code');
      assert.deepEqual(await codesLeft(), [null, 8]);
    });

    it('accepts recovery codes of 64 bits from before the upgrade', async () => {
      await enrol();
      const former = '0123456789abcdef';
      const secret = JSON.stringify([digestSecret(server.services.secret, `recovery ${account.id}`, former)]);
      await server.services.db
        .updateTable('authenticators')
        .set({ secret })
        .where('user_id', '=', account.id)
        .where('type', '=', 'recovery')
        .execute();
      await logIn(server, account, '0123-4567-89ab-cdef');
      assert.equal((await tryLogin(account.email, goodPassword, former)).status, 401);
    });

    it('[S-16] can be disabled by its owner, who immediately loses access to each organization that requires one', async () => {
      const { secret } = await enrol();
      const owner = { cookie };
      const org = (await server.request('POST', '/api/0/organizations/', { ...owner, body: { name: `Org ${nextNumber()}` } })).body;
      const required = await server.request('PUT', `/api/0/organizations/${org.slug}/`, { ...owner, body: { require2FA: true } });
      assert.equal(required.status, 200);
      const replica = await WireReplica.open(server.url, owner, org.slug);
      assert.equal((await call('DELETE', '/authenticators/totp/')).status, 204);
      await eventually(() => assert.equal(replica.revoked?.reason, 'two-factor-required'));
      const refused = await server.request('GET', `/api/0/organizations/${org.slug}/`, owner);
      assert.deepEqual(refused.body, {
        detail: { code: '2fa-required', message: 'Organization requires two-factor authentication to be enabled', extra: {} },
      });
      assert.equal(refused.status, 401);
      assert.equal((await call('DELETE', '/authenticators/totp/')).status, 404);
      await logIn(server, account);
      assert.notEqual(secret, (await enrol()).secret);
      assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, owner)).status, 200);
      replica.close();
    });

    it('[V7.5.1] needs a recent login for changes', async () => {
      await makeStale();
      for (const [method, path] of [
        ['POST', '/authenticators/totp/'],
        ['POST', '/authenticators/totp/confirm/'],
        ['DELETE', '/authenticators/totp/'],
        ['POST', '/authenticators/recovery/'],
        ['POST', '/emails/'],
        ['PUT', '/emails/1/'],
        ['DELETE', '/emails/1/'],
      ] as const) {
        const { status, body } = await call(method, path, method === 'DELETE' ? undefined : {});
        assert.deepEqual([status, body.detail.code], [401, 'sudo-required'], path);
      }
    });
  });

  describe('forgotten password of an account', () => {
    const send = (email: string) => call('POST', '/password-reset/', { email }, null);
    const reset = (link: object, password: string) => call('POST', '/password-reset/confirm/', { ...link, password }, null);
    const subject = 'Reset your password';

    it('[V7.4.3] can be replaced through a link in a mail, which works once and ends all sessions', async () => {
      const replica = await WireReplica.connect(server.url, { cookie });
      assert.equal((await send(account.email.toUpperCase())).status, 202);
      const [mail] = await mailsTo(server, account.email, subject);
      assert.equal(mail!.text.includes(`${server.url}/reset-password/#`), true);
      const link = linkOf(mail!);
      assert.equal((await reset(link, 'short')).status, 400);
      const done = await reset(link, 'another good password');
      assert.deepEqual([done.status, done.headers.get('set-cookie')], [204, null]);
      await isGone(cookie);
      await eventually(() => assert.equal(replica.socket.connected, false));
      assert.equal((await tryLogin(account.email, goodPassword)).status, 401);
      assert.equal((await tryLogin(account.email, 'another good password')).status, 200);
      const again = await reset(link, 'a third good password');
      assert.deepEqual([again.status, again.body], [400, linkExpired]);
      await mailsTo(server, account.email, 'Your account was changed');
    });

    it('causes the same response for any address, whether or not a mail is sent', async () => {
      const disabled = await anAccount(server);
      await server.operate('PUT', `/users/${disabled.id}/`, { isActive: false });
      const unverified = `unverified-${nextNumber()}@example.com`;
      await server.services.db.insertInto('user_emails').values({ user_id: account.id, email: unverified }).execute();
      for (const email of ['unknown@example.com', disabled.email, unverified]) {
        const { status, body } = await send(email);
        assert.deepEqual([status, body], [202, '']);
      }
      await send(account.email);
      await mailsTo(server, account.email, subject);
      for (const email of ['unknown@example.com', disabled.email, unverified]) assert.deepEqual(readMails(server, email), []);
    });

    it('[V6.4.3] does not weaken the login: a second factor is still required', async () => {
      await server.operate('POST', `/users/${account.id}/authenticators/`, { type: 'totp' });
      await send(account.email);
      const [mail] = await mailsTo(server, account.email, subject);
      assert.equal((await reset(linkOf(mail!), 'another good password')).status, 204);
      assert.equal((await tryLogin(account.email, 'another good password')).body.detail.code, '2fa-required');
    });

    it('cannot be reset by a link that has expired, has another purpose or was replaced', async () => {
      await send(account.email);
      const link = linkOf((await mailsTo(server, account.email, subject))[0]!);
      const email = `second-${nextNumber()}@example.com`;
      await call('POST', '/emails/', { email });
      const verification = linkOf((await mailsTo(server, email, 'Confirm your email address'))[0]!);
      for (const wrong of [
        verification,
        { ...link, id: verification.id },
        { ...link, token: verification.token },
        { ...link, token: link.token.toUpperCase() },
        { ...link, token: '' },
        { ...link, id: '1' },
      ]) {
        assert.equal((await reset(wrong, 'another good password')).status, 400, JSON.stringify(wrong));
      }
      await server.services.db
        .updateTable('email_tokens')
        .set({ expires_at: sql`expires_at - interval '1 hour'` })
        .where('id', '=', link.id)
        .execute();
      assert.deepEqual((await reset(link, 'another good password')).body, linkExpired);
      await logIn(server, account);
    });

    it('can be reset once, also if the link is used twice concurrently, and not after another change', async () => {
      await send(account.email);
      await send(account.email);
      const [first, second] = (await mailsTo(server, account.email, subject, 2)).map(linkOf);
      const answers = await Promise.all(['one good password', 'two good passwords'].map((password) => reset(first!, password)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 400]);
      assert.equal((await reset(second!, 'a third good password')).status, 400);
    });

    it('[S-10] leaves no digest of the request body in the database if the request has an Idempotency-Key', async () => {
      const account = await anAccount(server);
      const cookie = await logIn(server, account);
      const headers = { 'Idempotency-Key': `password of ${account.id}` };
      const body = { password: goodPassword, newPassword: 'another good password' };
      assert.equal((await server.request('PUT', '/api/0/auth/password/', { cookie, headers, body })).status, 204);
      const operated = await fetch(`${server.url}/api/operator/users/${account.id}/`, {
        method: 'PUT',
        headers: { ...headers, Authorization: `Bearer ${server.operatorToken}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ password: goodPassword }),
      });
      assert.equal(operated.status, 200);
      const kept = await server.services.db
        .selectFrom('idempotency_keys')
        .select('key')
        .where('key', '=', headers['Idempotency-Key'])
        .execute();
      assert.deepEqual(kept, []);
    });

    it('[S-10] leaves no usable token in the database, including the mail queue', async () => {
      await send(account.email);
      const { token } = linkOf((await mailsTo(server, account.email, subject))[0]!);
      const { db } = server.services;
      const kept = [await db.selectFrom('email_tokens').selectAll().execute(), await db.selectFrom('mail_outbox').selectAll().execute()];
      assert.equal(JSON.stringify(kept).includes(token), false);
    });

    it('[1.4] causes at most three mails per hour', async () => {
      for (let attempt = 0; attempt < 3; attempt++) assert.equal((await send('unknown@example.com')).status, 202);
      const limited = await send('Unknown@example.com');
      assert.equal(limited.status, 429);
      assert.ok(Number(limited.headers.get('retry-after')) > 3_000, String(limited.headers.get('retry-after')));
    });
  });

  describe('addresses of an account', () => {
    const subject = 'Confirm your email address';
    const add = async (email = `second-${nextNumber()}@example.com`) => {
      const added = await call('POST', '/emails/', { email });
      assert.equal(added.status, 201, JSON.stringify(added.body));
      return added.body as { id: string; email: string; isVerified: boolean };
    };
    const verificationOf = async (email: string) => linkOf((await mailsTo(server, email, subject)).at(-1)!);
    const verify = (link: object, as = cookie) => call('POST', '/emails/verify/', link, as);
    /** Ages the addresses by a week after their verification. */
    const passWeek = () =>
      server.services.db
        .updateTable('user_emails')
        .set({ verified_at: sql<string>`verified_at - interval '7 days'` })
        .where('user_id', '=', account.id)
        .execute();
    const addVerified = async () => {
      const added = await add();
      assert.equal((await verify(await verificationOf(added.email))).status, 204);
      return added;
    };
    const resetMails = (email: string) => readMails(server, email).filter((mail) => mail.subject === 'Reset your password').length;
    /** Resolves once the request was processed, which happens after its response. */
    const requestReset = async (email: string) => {
      const { db } = server.services;
      assert.equal((await call('POST', '/password-reset/', { email }, null)).status, 202);
      assert.equal((await call('POST', '/password-reset/', { email: account.email }, null)).status, 202);
      await eventually(async () => {
        const tokens = await db
          .selectFrom('email_tokens')
          .innerJoin('user_emails', 'user_emails.id', 'email_tokens.email_id')
          .select('user_emails.email')
          .where('email_tokens.user_id', '=', account.id)
          .where('purpose', '=', 'password-reset')
          .execute();
        assert.ok(
          tokens.some((token) => token.email === account.email),
          'the second request was processed',
        );
      });
    };
    const removalLinks = async (count: number) => {
      const texts = ['Email address added to your account', 'Email address confirmed for your account'];
      return (await Promise.all(texts.slice(0, count).map((text) => mailsTo(server, account.email, text)))).map(([mail]) => linkOf(mail!));
    };
    const removeByLink = (link: object) => call('POST', '/emails/remove/', link, null);

    it('[H-13] cause a mail to the primary address when added and when verified, with a link that removes them without a login', async () => {
      const second = await addVerified();
      const other = await logIn(server, account);
      const org = (await server.request('POST', '/api/0/organizations/', { cookie, body: { name: `Org ${nextNumber()}` } })).body;
      const replica = await WireReplica.open(server.url, { cookie: other }, org.slug);
      const links = await removalLinks(2);
      assert.deepEqual((await removeByLink({ ...links[0]!, token: links[1]!.token })).body, linkExpired);
      assert.equal((await removeByLink(links[0]!)).status, 204);
      for (const link of links) assert.deepEqual((await removeByLink(link)).body, linkExpired);
      for (const one of [cookie, other]) await isGone(one);
      await eventually(() => assert.equal(replica.frames.at(-1)?.payload.reason, 'credential-revoked'));
      cookie = await logIn(server, account);
      assert.deepEqual(
        (await call('GET', '/emails/')).body.map(({ email }: { email: string }) => email),
        [account.email],
      );
      assert.notEqual(second.email, account.email);
      const kept = await server.services.db.selectFrom('email_tokens').selectAll().where('user_id', '=', account.id).execute();
      assert.deepEqual(kept, []);
    });

    it('[H-13] get no password links and identify no user for a trusted issuer in the first week', async () => {
      const second = await addVerified();
      await requestReset(second.email);
      assert.equal(resetMails(second.email), 0);
      const named = () =>
        readNamedUsers(server.services.db, { by: 'email', claim: 'email' }, [second.email], server.services.writePath.deriveToken);
      assert.equal((await named()).size, 0);
      await passWeek();
      assert.equal((await named()).get(second.email)?.id, account.id);
      await server.services.db.deleteFrom('attempt_limits').execute();
      await call('POST', '/password-reset/', { email: second.email }, null);
      await mailsTo(server, second.email, 'Reset your password');
    });

    it('[H-13] become primary in the first week only with the password, and the old one can be restored', async () => {
      const second = await addVerified();
      const [removal] = await removalLinks(1);
      const makePrimary = (password?: string) => call('PUT', `/emails/${second.id}/`, { isPrimary: true, password });
      assert.match((await makePrimary()).body.password[0], /less than 7 days ago/);
      assert.equal((await makePrimary('wrong')).status, 403);
      const listed = await makePrimary(goodPassword);
      assert.equal(listed.status, 200);
      await mailsTo(server, account.email, 'Your account was changed');
      await requestReset(second.email);
      assert.equal(resetMails(second.email), 0);
      const first = listed.body.find(({ email }: { email: string }) => email === account.email);
      assert.match((await call('DELETE', `/emails/${first.id}/`)).body.detail, /Keep this address/);
      assert.equal((await removeByLink(removal!)).status, 204);
      await logIn(server, account);
    });

    it('become primary at most 20 times an hour', async () => {
      const [first] = (await call('GET', '/emails/')).body;
      const statuses: number[] = [];
      for (let number = 0; number <= 20; number++) statuses.push((await call('PUT', `/emails/${first.id}/`, { isPrimary: true })).status);
      assert.deepEqual([statuses.slice(0, 20).every((status) => status === 200), statuses[20]], [true, 429]);
    });

    it('[H-13] can be removed through the link, together with the account’s tokens if requested', async () => {
      const { token } = (await server.request('POST', '/api/0/api-tokens/', { cookie, body: { scopes: ['org:read'] } })).body;
      const answers = async () => (await server.request('GET', '/api/0/', { token })).status;
      await add();
      const [removal] = await removalLinks(1);
      assert.equal(await answers(), 200);
      assert.equal((await removeByLink({ ...removal!, endTokens: 'true' })).status, 204);
      assert.equal(await answers(), 401);
    });

    it('can be added, verified by mail, made primary and removed', async () => {
      const second = await add();
      assert.deepEqual([second.isVerified, (await call('GET', '/emails/')).body.length], [false, 2]);
      assert.equal((await call('PUT', `/emails/${second.id}/`, { isPrimary: true })).body.detail, 'Verify the address first.');
      const link = await verificationOf(second.email);
      assert.equal((await verify(link)).status, 204);
      assert.deepEqual((await verify(link)).body, linkExpired);

      const org = (await server.request('POST', '/api/0/organizations/', { cookie, body: { name: `Org ${nextNumber()}` } })).body;
      const replica = await WireReplica.open(server.url, { cookie }, org.slug);
      await passWeek();
      const listed = await call('PUT', `/emails/${second.id}/`, { isPrimary: true });
      assert.deepEqual(
        listed.body.map((one: { email: string; isVerified: boolean; isPrimary: boolean }) => [one.email, one.isVerified, one.isPrimary]),
        [
          [account.email, true, false],
          [second.email, true, true],
        ],
      );
      const [member] = (await server.request('GET', `/api/0/organizations/${org.slug}/members/`, { cookie })).body;
      assert.equal(member.email, second.email);
      await eventually(() => assert.equal(replica.state.member(member.id)?.email, second.email));
      replica.close();
      await mailsTo(server, account.email, 'Your account was changed');
      await logIn(server, second);
      assert.equal((await tryLogin(account.email, goodPassword)).status, 401);

      assert.equal((await call('DELETE', `/emails/${second.id}/`)).status, 400);
      assert.equal((await call('DELETE', `/emails/${listed.body[0].id}/`)).status, 204);
      assert.equal((await call('GET', '/emails/')).body.length, 1);
    });

    it('[S-11] stay unverified if the owner of the mailbox follows a link that another user requested', async () => {
      const victim = await anAccount(server);
      const theirs = `theirs-${nextNumber()}@example.com`;
      const added = await add(theirs);
      const link = await verificationOf(theirs);
      const victimCookie = await logIn(server, victim);
      assert.deepEqual((await verify(link, victimCookie)).body, linkExpired);
      assert.equal((await call('POST', '/emails/verify/', link, null)).status, 401);
      assert.equal((await call('GET', '/emails/')).body.find(({ id }: { id: string }) => id === added.id).isVerified, false);
    });

    it('belong to one user, and only the recipient of the mail learns that another user has the address', async () => {
      const other = await anAccount(server);
      const added = await add(other.email);
      const link = await verificationOf(other.email);
      assert.equal((await verify(link)).status, 409);
      await logIn(server, other);
      assert.equal((await call('DELETE', `/emails/${added.id}/`)).status, 204);
    });

    it('can be read and changed only by their user', async () => {
      const second = await add();
      const stranger = await logIn(server, await anAccount(server));
      for (const [method, path, body] of [
        ['PUT', `/emails/${second.id}/`, { isPrimary: true }],
        ['DELETE', `/emails/${second.id}/`, undefined],
        ['POST', `/emails/${second.id}/ask/`, {}],
        ['DELETE', '/emails/none/', undefined],
      ] as const) {
        assert.equal((await call(method, path, body, stranger)).status, 404, path);
      }
      assert.equal((await call('POST', '/emails/', { email: second.email.toUpperCase() })).status, 400);
    });

    it('get another verification mail on request, up to ten per hour', async () => {
      const second = await add();
      for (let mail = 0; mail < 9; mail++) assert.equal((await call('POST', `/emails/${second.id}/ask/`)).status, 202);
      assert.equal((await call('POST', `/emails/${second.id}/ask/`)).status, 429);
      const mails = await mailsTo(server, second.email, subject, 10);
      assert.equal((await verify(linkOf(mails[0]!))).status, 204);
      assert.equal((await verify(linkOf(mails[1]!))).status, 400);
    });

    it('invalidate the links that were sent to them when they are removed', async () => {
      const second = await add();
      await verify(await verificationOf(second.email));
      await passWeek();
      await call('POST', '/password-reset/', { email: second.email }, null);
      const link = linkOf((await mailsTo(server, second.email, 'Reset your password'))[0]!);
      assert.equal((await call('DELETE', `/emails/${second.id}/`)).status, 204);
      assert.equal((await call('POST', '/password-reset/confirm/', { ...link, password: 'another good password' }, null)).status, 400);
    });
  });

  describe('pages of an account', () => {
    it('[V3.4.6] load only their own content, and cannot be framed', async () => {
      for (const path of ['/login/', '/forgot-password/', '/reset-password/', '/verify-email/', '/remove-email/']) {
        const { status, headers, body } = await server.request('GET', path);
        assert.equal(status, 200);
        assert.match(headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/);
        assert.equal(headers.get('referrer-policy'), 'no-referrer');
        assert.match(body, /<form data-api="\/api\/0\/auth\//);
      }
      assert.match((await server.request('GET', '/pages/page.js')).headers.get('content-type')!, /^text\/javascript/);
      assert.match((await server.request('GET', '/pages/page.css')).headers.get('content-type')!, /^text\/css/);
    });

    it('[V1.2.2] never redirect to another site afterwards', async () => {
      const own = 'https://rollcall.example.com';
      for (const elsewhere of [
        'https://evil.example.com/',
        '//evil.example.com',
        '/\\evil.example.com',
        'javascript:alert(1)',
        'https://[',
      ]) {
        assert.equal(localPathOf(elsewhere, own), '/', elsewhere);
      }
      assert.equal(localPathOf(`${own}//evil.example.com`, own), '/evil.example.com');
      assert.equal(localPathOf('/verify-email/#1.ab', own), '/verify-email/#1.ab');
      const { body } = await server.request('GET', `/login/?next=${encodeURIComponent('/"><script>alert(1)</script>')}`);
      assert.doesNotMatch(body, /<script>alert/);
    });
  });
});
