import assert from 'node:assert/strict';
import type { CredentialAck } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { TestIssuer, type TokenChanges } from '../../support/issuer.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, startServerWith, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

const claimsOf = ({ email, userId }: Person) => ({ sub: `at-the-issuer-${userId}`, email, email_verified: true });
const nowSeconds = () => Math.floor(Date.now() / 1_000);

describe('ID tokens of a trusted issuer', () => {
  let issuer: TestIssuer;
  let server: TestServer;

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, issuer.environment);
  });
  after(() => server?.stop());

  it('[S-15] [V9.2.2] get a rejection over REST and on a socket, and access tokens of the same audience do not', async () => {
    const person = await aPerson(server);
    const org = await anOrganizationOf(server, person);
    for (const claim of ['nonce', 'at_hash', 'c_hash']) {
      const token = await issuer.sign({ ...claimsOf(person), [claim]: 'a value' });
      const { status, headers } = await server.request('GET', `/api/0/organizations/${org.slug}/`, { token });
      const reason = `error_description="The claim ${claim} is that of an ID token. Send an access token."`;
      assert.equal(status, 401);
      assert.ok(headers.get('www-authenticate')!.endsWith(reason), headers.get('www-authenticate')!);
      await assert.rejects(WireReplica.connect(server.url, token), { data: { code: 'unauthenticated' } });
    }
    for (const changes of [{}, { typ: 'JWT' }, { typ: 'at+jwt' }] satisfies TokenChanges[]) {
      const token = await issuer.sign({ ...claimsOf(person), scope: 'openid' }, changes);
      assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/`, { token })).status, 200);
    }
  });
});

describe('rules for the tokens of a trusted issuer', () => {
  let issuer: TestIssuer;
  let server: TestServer;
  let person: Person;
  let org: ProvisionedOrg;
  const open: WireReplica[] = [];

  before(async () => {
    issuer = await TestIssuer.start();
    server = await startServerWith(issuer, {
      ...issuer.environment,
      JWT_TYPE: 'at+jwt',
      JWT_SCOPES: 'scope',
      JWT_ACR: 'mfa',
      JWT_AUTH_TIME: 'require',
      JWT_MAX_AGE: '600',
    });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    person = await aPerson(server, { hasSecondFactor: true });
    org = await anOrganizationOf(server, person);
  });
  afterEach(() => {
    for (const replica of open.splice(0)) replica.close();
  });

  const strong = { scope: 'org:admin member:admin team:admin', acr: 'mfa' };
  const sign = (claims: Readonly<Record<string, unknown>>, changes: TokenChanges = {}, who = person) =>
    issuer.sign({ ...claimsOf(who), ...claims }, { typ: 'at+jwt', ...changes });
  const call = (method: string, path: string, token: string, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { token, ...(body === undefined ? {} : { body }) });
  const connectWith = async (token: string) => {
    const replica = await WireReplica.connect(server.url, token);
    open.push(replica);
    return replica;
  };
  const renew = (replica: WireReplica, token: string): Promise<CredentialAck> =>
    replica.socket.timeout(5_000).emitWithAck('credential', { token });

  it('JWT_TYPE: a token of another type gets a rejection', async () => {
    assert.equal((await call('GET', '', await sign(strong))).status, 200);
    for (const changes of [{ typ: 'JWT' }, { typ: 'logout+jwt' }]) {
      const token = await sign(strong, changes);
      assert.equal((await call('GET', '', token)).status, 401);
      await assert.rejects(WireReplica.connect(server.url, token), { data: { code: 'unauthenticated' } });
    }
  });

  it('[S-07] [V10.3.2] JWT_SCOPES: a token has the scopes that both its claim and the role of its user have', async () => {
    const narrow = await sign({ scope: 'openid org:read https://other.example/org:admin', acr: 'mfa' });
    assert.deepEqual((await server.request('GET', '/api/0/', { token: narrow })).body.auth, { scopes: ['openid', 'org:read'] });
    assert.equal((await call('GET', '', narrow)).status, 200);
    assert.equal((await call('POST', 'teams/', narrow, { name: `Team ${nextNumber()}` })).status, 403);
    assert.equal((await call('DELETE', '', narrow)).status, 403);

    const member = await aPerson(server, { hasSecondFactor: true });
    await addMember(server, org, member, 'member');
    const beyond = await sign(strong, {}, member);
    assert.equal((await call('PUT', '', beyond, { name: 'Other' })).status, 403);

    const none = await sign({ scope: 'of another server', acr: 'mfa' });
    assert.equal((await call('GET', '', none)).status, 403);
    assert.equal((await call('GET', '', await sign({ acr: 'mfa' }))).status, 401, 'without the claim');
  });

  it('[S-07] JWT_SCOPES: a socket shows what the scopes allow, and a renewal with others is refused', async () => {
    const scope = 'org:read team:read';
    const replica = await connectWith(await sign({ scope, acr: 'mfa' }));
    await replica.subscribe(org.slug);
    assert.equal(replica.state.organization?.id, org.id);
    assert.equal(replica.state.recordsOf('member').size, 0, 'members need member:read');
    const renewed = await renew(replica, await sign({ scope, acr: 'mfa' }));
    assert.ok('expiresInMs' in renewed, JSON.stringify(renewed));
    for (const other of [{ scope: `${scope} member:read`, acr: 'mfa' }, { scope }])
      assert.deepEqual(await renew(replica, await sign(other)), { code: 'other-viewer', identity: `user:${person.userId}` });
    const blind = await connectWith(await sign({ scope: 'openid', acr: 'mfa' }));
    await blind.subscribe(org.slug);
    assert.equal(blind.state.recordsOf('team').size + blind.state.recordsOf('member').size, 0);
  });

  it('JWT_SCOPES: a token with scopes is still no stored token: it creates others within its scopes, and ends with the address', async () => {
    const token = await sign({ ...strong, auth_time: nowSeconds() });
    const made = await call('POST', 'org-auth-tokens/', token, { name: 'CI', scopes: ['team:write'] });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const beyond = await call('POST', 'org-auth-tokens/', token, { name: 'CI', scopes: ['event:admin'] });
    assert.equal(beyond.status, 400, JSON.stringify(beyond.body));
    const replica = await connectWith(token);
    await server.operate('PUT', `/users/${person.userId}/`, { email: `other-${nextNumber()}@example.com` });
    await eventually(() => assert.equal(replica.socket.connected, false));
  });

  it('[S-15] [V10.3.4] JWT_ACR: where a second factor is required, the login of the token must have used one', async () => {
    const token = await sign(strong);
    const weak = await sign({ ...strong, acr: 'pwd' });
    const statuses = async (...tokens: string[]) => Promise.all(tokens.map(async (one) => (await call('GET', '', one)).status));
    assert.deepEqual(await statuses(token, weak), [200, 200]);
    const [before, other] = [await connectWith(weak), await connectWith(token)];
    for (const replica of [before, other]) await replica.subscribe(org.slug);

    const required = await call('PUT', '', token, { require2FA: true });
    assert.equal(required.status, 200, JSON.stringify(required.body));
    assert.deepEqual(await statuses(token, weak, await sign({ scope: 'org:read' })), [200, 401, 401]);
    const refused = await call('GET', '', weak);
    assert.equal(refused.body.detail.code, '2fa-required');
    await eventually(() => assert.equal(before.frames.at(-1)?.event, 'revoked'));
    assert.equal(other.state.organization?.require2FA, true);

    // The account's second factor does not replace that of the login.
    const late = await connectWith(weak);
    await server.operate('DELETE', `/users/${person.userId}/authenticators/`);
    await server.operate('POST', `/users/${person.userId}/authenticators/`, { type: 'totp' });
    assert.ok(!('revision' in (await late.subscribe(org.slug))), 'subscribed');
    assert.deepEqual(await statuses(weak), [401]);
  });

  it('[V10.3.4] JWT_AUTH_TIME: what needs a recent login needs a recent auth_time', async () => {
    const withTime = (auth_time?: number) => sign({ ...strong, ...(auth_time === undefined ? {} : { auth_time }) });
    for (const token of [await withTime(), await withTime(nowSeconds() - 7_300), await withTime(nowSeconds() + 60)]) {
      const { status, body, headers } = await call('DELETE', '', token);
      assert.deepEqual([status, body.detail.code], [401, 'sudo-required']);
      const challenge =
        'Bearer realm="api", error="insufficient_user_authentication", error_description="The login of the token is not recent.", max_age="7200"';
      assert.equal(headers.get('www-authenticate'), `xBasic realm="api", ${challenge}`);
      assert.equal((await call('POST', 'org-auth-tokens/', token, { name: 'CI', scopes: ['team:write'] })).status, 401);
      assert.equal((await call('POST', 'teams/', token, { name: `Team ${nextNumber()}` })).status, 201, 'everything else is allowed');
    }
    assert.equal((await call('DELETE', '', await withTime(nowSeconds() - 7_000))).status, 202);
  });

  it('[A5] JWT_MAX_AGE: a token ends at that age, and its socket too', async () => {
    const aged = (seconds: number) => sign({ ...strong, iat: nowSeconds() - seconds }, { expiresInSeconds: 3_600 });
    const old = await aged(700);
    assert.deepEqual((await call('GET', '', old)).body, { detail: 'Token expired' });
    await assert.rejects(WireReplica.connect(server.url, old), { data: { code: 'expired' } });
    const replica = await connectWith(await aged(597));
    await eventually(() => assert.equal(replica.socket.connected, false), { timeoutMs: 10_000 });
    assert.deepEqual(replica.frames.at(-1)?.payload, { reason: 'credential-expired', retryAfterMs: null });
    assert.equal((await call('GET', '', await sign({ ...strong, iat: undefined }, { expiresInSeconds: 3_600 }))).status, 401);
  }).timeout(20_000);
});

describe('tokens of a trusted issuer whose type is not checked', () => {
  it('get access with the claims of an ID token', async () => {
    const issuer = await TestIssuer.start();
    const server = await startServer({ ...issuer.environment, JWT_TYPE: 'any' });
    try {
      const person = await aPerson(server);
      const token = await issuer.sign({ ...claimsOf(person), nonce: 'a value' });
      assert.equal((await server.request('GET', '/api/0/users/me/', { token })).body.id, person.userId);
    } finally {
      await server.stop();
      await issuer.stop();
    }
  });
});
