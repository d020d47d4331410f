import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../../support/eventually.ts';
import { type Account, anAccount, codeOf, goodPassword, logIn, personOf, setUpSecondFactor } from '../../support/log-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const ageSessions = (server: TestServer, { id }: Account, column: 'authenticated_at' | 'second_factor_at') =>
  server.services.db
    .updateTable('sessions')
    .set({ [column]: sql`clock_timestamp() - interval '3 hours'` })
    .where('user_id', '=', id)
    .execute();

describe('changes of an account with a second factor', () => {
  let server: TestServer;
  let account: Account;
  let cookie: string;
  let secret: string;
  let codes: string[];

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    await server.services.db.deleteFrom('attempt_limits').execute();
    account = await anAccount(server);
    cookie = await logIn(server, account);
    ({ secret, codes } = await setUpSecondFactor(server, cookie));
  });

  const call = (method: string, path: string, body?: unknown, as = cookie) =>
    server.request(method, `/api/0/auth${path}`, { cookie: as, body });
  const needsCode = { code: 'sudo-required', message: 'Account verification required.' };
  const addEmail = () => call('POST', '/emails/', { email: `other-${account.id}@example.com` });

  it('[V7.5.1] changes of factors and addresses need a recent code besides a recent password', async () => {
    assert.equal((await call('POST', '/authenticators/recovery/')).status, 201, 'the code of the enrolment is recent');
    await ageSessions(server, account, 'second_factor_at');
    const extra = { username: account.email, needsCode: true };
    for (const [method, path, body] of [
      ['POST', '/authenticators/totp/'],
      ['POST', '/authenticators/totp/confirm/', { setup: 'x', code: '000000' }],
      ['POST', '/authenticators/recovery/'],
      ['DELETE', '/authenticators/totp/'],
      ['POST', '/emails/', { email: 'other@example.com' }],
      ['PUT', '/emails/1/', { isPrimary: true }],
      ['DELETE', '/emails/1/'],
    ] as const) {
      const refused = await call(method, path, body);
      assert.deepEqual([refused.status, refused.body], [401, { detail: { ...needsCode, extra } }], `${method} ${path}`);
    }
    assert.equal((await call('PUT', '/', { password: goodPassword })).status, 200);
    assert.equal((await addEmail()).status, 401, 'the password alone does not suffice');
    assert.equal((await call('PUT', '/', { password: 'wrong', otp: codeOf(secret) })).body.detail.code, 'ignore');
    assert.equal((await call('PUT', '/', { password: goodPassword, otp: 'wrong' })).body.detail.code, 'wrong-code');
    assert.equal((await call('PUT', '/', { password: goodPassword, otp: codeOf(secret) })).status, 200);
    assert.equal((await addEmail()).status, 201);
    await ageSessions(server, account, 'authenticated_at');
    assert.deepEqual((await addEmail()).body.detail.extra, { username: account.email }, 'the password must be recent too');
  });

  it('[V7.5.1] a session from before the upgrade needs a code, one of a user without a factor does not', async () => {
    await server.services.db
      .updateTable('sessions')
      .set({ has_second_factor: null, second_factor_at: null })
      .where('user_id', '=', account.id)
      .execute();
    assert.equal((await addEmail()).status, 401);
    const plain = await anAccount(server);
    const added = await call('POST', '/emails/', { email: `plain-${plain.id}@example.com` }, await logIn(server, plain));
    assert.equal(added.status, 201);
  });

  it('[V7.5.1] wrong codes in a session are limited, also beside right passwords', async () => {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 7; attempt++)
      statuses.push((await call('PUT', '/', { password: goodPassword, otp: `00000${attempt}` })).status);
    assert.deepEqual(statuses, [403, 403, 403, 403, 403, 429, 429]);
  });

  it('[V7.5.1] a recovery code counts once', async () => {
    const renew = (otp: string) => call('PUT', '/', { password: goodPassword, otp });
    const answers = await Promise.all([renew(codes[0]!), renew(codes[0]!)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403]);
  });

  it('[V6.4.4] what the operator enrols or sets ends the sessions, and the person is mailed once', async () => {
    const other = await anAccount(server);
    const enrol = (type: string) => server.operate('POST', `/users/${other.id}/authenticators/`, { type });
    const isGone = async (one: string) => assert.equal((await server.request('GET', '/api/0/users/me/', { cookie: one })).status, 401);
    const first = await logIn(server, other);
    const replica = await WireReplica.connect(server.url, { cookie: first });
    const enrolled = await enrol('totp');
    assert.equal(enrolled.status, 201);
    await isGone(first);
    await eventually(() => assert.equal(replica.socket.connected, false));
    await enrol('totp');
    const mails = await mailsTo(server, other.email, 'Your account was changed');
    assert.equal(mails.length, 1);

    const { secret: latest } = (await enrol('totp')).body;
    const second = await logIn(server, other, codeOf(latest));
    assert.equal((await server.operate('PUT', `/users/${other.id}/`, { password: 'another good password' })).status, 200);
    await isGone(second);
    await mailsTo(server, other.email, 'Your account was changed', 2);
  });
});

describe('a server that requires a second factor', () => {
  let server: TestServer;
  let account: Account;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer({ REQUIRE_2FA: 'true' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    account = await anAccount(server);
    org = await anOrganizationOf(server, await aPerson(server));
    await addMember(server, org, personOf(account), 'member');
  });

  const call = (method: string, path: string, cookie: string, body?: unknown) => server.request(method, `/api/0${path}`, { cookie, body });

  it('[V6.3.3] lets a session without one only enrol it and log out, and everything else after that', async () => {
    const cookie = await logIn(server, account);
    for (const [method, path, body] of [
      ['GET', '/organizations/'],
      ['GET', `/organizations/${org.slug}/`],
      ['POST', '/organizations/', { name: 'Other' }],
      ['GET', '/users/me/'],
      ['GET', '/api-tokens/'],
      ['POST', '/api-tokens/', { scopes: ['org:read'] }],
      ['GET', '/auth/emails/'],
      ['POST', '/auth/emails/', { email: 'other@example.com' }],
      ['PUT', '/auth/password/', { password: goodPassword, newPassword: 'another good password' }],
      ['GET', '/auth/sessions/'],
      ['DELETE', '/users/me/'],
      ['POST', '/accept-invite/', { member: '1', token: 'x' }],
      ['GET', `/organizations/${org.slug}/changes/`],
    ] as const) {
      const refused = await call(method, path, cookie, body);
      assert.deepEqual([refused.status, refused.body.detail?.code], [401, '2fa-required'], `${method} ${path}`);
    }
    const replica = await WireReplica.connect(server.url, { cookie });
    assert.deepEqual(await replica.subscribe(org.slug), { mode: 'denied' });
    assert.equal((await call('GET', '/', cookie)).body.secondFactorNeeded, 'setup');

    await setUpSecondFactor(server, cookie);
    assert.equal('secondFactorNeeded' in (await call('GET', '/', cookie)).body, false);
    assert.equal((await call('GET', `/organizations/${org.slug}/`, cookie)).status, 200);
    const again = await WireReplica.connect(server.url, { cookie });
    assert.ok('revision' in (await again.subscribe(org.slug)));
    for (const one of [replica, again]) one.close();
  });

  it('[V6.3.3] [V6.3.4] asks a running session for a code if its login had none, and ends no tokens', async () => {
    const cookie = await logIn(server, account);
    const { codes } = await setUpSecondFactor(server, cookie);
    const { token } = (await server.operate('POST', `/users/${account.id}/tokens/`, { scopes: ['org:read'] })).body;
    await server.services.db.updateTable('sessions').set({ has_second_factor: false }).where('user_id', '=', account.id).execute();
    assert.equal((await call('GET', '/organizations/', cookie)).status, 401);
    assert.equal((await call('GET', '/', cookie)).body.secondFactorNeeded, 'code');
    assert.equal((await call('PUT', '/auth/', cookie, { password: goodPassword, otp: codes[0] })).status, 200);
    assert.equal((await call('GET', '/organizations/', cookie)).status, 200);
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token })).status, 200);
    await server.services.db.deleteFrom('authenticators').where('user_id', '=', account.id).execute();
    assert.equal((await call('GET', '/organizations/', cookie)).status, 401);
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token })).status, 200);
  });

  it('[V6.3.3] lets a session without one log out', async () => {
    const cookie = await logIn(server, account);
    assert.equal((await call('POST', '/auth/logout/', cookie, {})).status, 204);
    assert.equal((await call('POST', '/auth/logout-all/', await logIn(server, account), {})).status, 204);
  });
});
