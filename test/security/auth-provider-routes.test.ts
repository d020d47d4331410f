import assert from 'node:assert/strict';
import { configureProvider, oidcConfig, samlConfig } from '../support/auth-providers.ts';
import { anAccount, logIn } from '../support/log-in.ts';
import { ageLogin, aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, aPerson } from '../support/provision.ts';
import { bindSession, linkIdentity } from '../support/security-records.ts';
import { type RequestOptions, startServer, type TestServer } from '../support/server.ts';

describe('the routes of an identity provider', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let others: OrgWithOwner;

  before(async () => {
    server = await startServer();
    others = await anOrgWithOwner(server);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    await configureProvider(server, org);
  });

  const calls = [
    ['GET', 'auth-providers/', undefined],
    ['GET', 'auth-provider/', undefined],
    ['POST', 'auth-provider/', { key: 'oidc', config: oidcConfig }],
    ['PUT', 'auth-provider/', { config: { ...oidcConfig, issuer: 'https://evil.example.com' } }],
    ['DELETE', 'auth-provider/', undefined],
    ['POST', 'auth-provider/metadata/', { url: 'https://evil.example.com' }],
    ['POST', 'auth-provider/sp-certificate/', undefined],
    ['POST', 'auth-provider/sp-certificate/activate/', undefined],
  ] as const;
  const writes = calls.slice(2);

  async function callAll(options: RequestOptions, name: string, chosen: readonly (typeof calls)[number][] = calls) {
    const found: (readonly [status: number, code: string | undefined])[] = [];
    for (const [method, below, body] of chosen) {
      const { status, body: answer } = await server.request(method, `/api/0/organizations/${name}/${below}`, {
        ...options,
        ...((options.body ?? body) === undefined || method === 'GET' ? {} : { body: options.body ?? body }),
      });
      assert.ok(!JSON.stringify(answer).includes(oidcConfig.client_id), `${method} ${below} shows the configuration`);
      found.push([status, answer.detail?.code]);
    }
    return found;
  }
  const statusesOf = async (...parameters: Parameters<typeof callAll>) => (await callAll(...parameters)).map(([status]) => status);

  afterEach(async () => {
    const { body } = await server.operate('GET', `/organizations/${org.id}/security/`);
    const { issuer, status, generation } = body.authProvider;
    assert.deepEqual([issuer, status, generation], [oidcConfig.issuer, 'active', 1]);
    assert.ok(!JSON.stringify(body).includes(oidcConfig.client_secret));
  });

  it('[S-01] refuse callers without a credential, strangers and owners of other organizations', async () => {
    const stranger = await aPerson(server);
    assert.deepEqual(
      await statusesOf({}, org.slug),
      calls.map(() => 401),
    );
    for (const name of [org.slug, org.id]) {
      const expected = calls.map(() => 403);
      assert.deepEqual(await statusesOf({ token: stranger.token }, name), expected);
      assert.deepEqual(await statusesOf({ cookie: others.cookie }, name), expected);
    }
    assert.deepEqual(
      await statusesOf({ cookie: others.cookie }, 'no-such-organization'),
      calls.map(() => 404),
    );
  });

  it('[S-04] require an owner for every write, and a session instead of a token', async () => {
    for (const role of ['manager', 'admin', 'member'] as const) {
      const { cookie } = await aLoggedInMember(server, org, role);
      assert.deepEqual(
        await statusesOf({ cookie }, org.slug, writes),
        writes.map(() => 403),
        role,
      );
      const read = await server.request('GET', `/api/0/organizations/${org.slug}/auth-provider/`, { cookie });
      assert.deepEqual([read.status, read.body.provider_name, read.body.details], [200, 'oidc', undefined], role);
    }
    const owner = await aPerson(server);
    await addMember(server, org, owner, 'owner');
    const orgToken = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'all', scopes: ['org:admin'] });
    for (const token of [owner.token, orgToken.body.token]) {
      assert.deepEqual(
        await statusesOf({ token }, org.slug, writes),
        writes.map(() => 403),
      );
    }
  });

  it('[S-16] require a recent login for every write', async () => {
    await ageLogin(server, org.cookie);
    assert.deepEqual(
      await callAll({ cookie: org.cookie }, org.slug, writes),
      writes.map(() => [401, 'sudo-required']),
    );
  });

  it('[S-16] refuse a session that began with single sign-on, even an owner’s', async () => {
    const owner = await aLoggedInMember(server, org, 'owner');
    const { cookie } = owner;
    await bindSession(server, cookie, await linkIdentity(server, org.id, owner), { isSsoSession: true });
    assert.deepEqual(
      await callAll({ cookie }, org.slug, writes),
      writes.map(() => [403, 'full-login-required']),
    );
    assert.equal((await server.request('GET', `/api/0/organizations/${org.slug}/auth-provider/`, { cookie })).status, 200);
  });

  it('[13.4] do not read a body of 8 MB from a caller who may not write', async () => {
    const body = JSON.stringify({ xml: 'x'.repeat(8 * 1024 * 1024) });
    const stranger = await anAccount(server);
    const cookie = await logIn(server, stranger);
    const withBody = writes.filter(([method]) => method !== 'DELETE');
    assert.deepEqual(
      await statusesOf({ cookie, body }, org.slug, withBody),
      withBody.map(() => 403),
    );
    for (const status of await statusesOf({ cookie: org.cookie, body }, org.slug, withBody)) {
      assert.ok(status === 400 || status === 413 || status === 409, String(status));
    }
  });

  it('[S-40] refuse issuers that are shared by many tenants, insecure, or inside', async () => {
    const put = async (issuer: string) => {
      const body = { config: { ...oidcConfig, issuer } };
      const { status, body: errors } = await server.request('PUT', `/api/0/organizations/${org.slug}/auth-provider/`, {
        cookie: org.cookie,
        body,
      });
      assert.equal(status, 400, issuer);
      return errors.config;
    };
    for (const tenant of ['common', 'organizations', 'consumers', 'Common']) {
      const message = 'issuer: Enter the issuer of your own tenant, with its id.';
      assert.deepEqual(await put(`https://login.microsoftonline.com/${tenant}/v2.0`), [message]);
    }
    assert.deepEqual(await put('http://idp.example.com'), ['issuer: Enter a URL that begins with https://.']);
    assert.deepEqual(await put('http://localhost'), ['issuer: Enter a URL that begins with https://.']);
    for (const inside of ['https://169.254.169.254', 'https://127.0.0.1', 'https://[::1]', 'https://10.0.0.1', 'ftp://idp.example.com']) {
      assert.deepEqual(
        await put(inside),
        [
          'issuer: This server may not call that URL. Use a public URL that begins with https://, or ask the operator to allow this one with OUTBOUND_ALLOWED.',
        ],
        inside,
      );
    }
    for (const odd of [
      'https://idp.example.com?a=b',
      'https://idp.example.com/#a',
      'https://user@idp.example.com',
      'https://idp.example.com?',
    ]) {
      assert.deepEqual(await put(odd), ['issuer: Enter a URL without a query, a fragment or a user.'], odd);
    }
    assert.deepEqual(await put('idp'), ['issuer: Enter a URL.']);
  });

  it('[13.4] refuse invalid certificates and domains, and incomplete SAML providers', async () => {
    const post = async (key: string, config: object) => {
      const { status, body } = await server.request('POST', `/api/0/organizations/${others.slug}/auth-provider/`, {
        cookie: others.cookie,
        body: { key, config },
      });
      assert.equal(status, 400, JSON.stringify(body));
      return body.config;
    };
    const one = 'Send exactly one of metadata_url, metadata_xml, or entity_id with sso_url and x509certs.';
    assert.deepEqual(await post('okta', {}), [one]);
    assert.deepEqual(await post('okta', { ...samlConfig, metadata_url: 'https://idp.example.com' }), [one]);
    assert.deepEqual(await post('okta', { ...samlConfig, entity_id: undefined }), ['entity_id: This field is required.']);
    assert.deepEqual(await post('okta', { ...samlConfig, x509certs: [] }), ['x509certs: This field is required.']);
    assert.deepEqual(await post('okta', { ...samlConfig, x509certs: ['AAAA'] }), [
      'x509certs: Enter a certificate in PEM or base64. An RSA key must have 2048 to 8192 bits.',
    ]);
    const five = Array.from({ length: 5 }, () => samlConfig.x509certs[0]);
    assert.deepEqual(await post('okta', { ...samlConfig, x509certs: five }), ['x509certs: Ensure this field has no more than 4 elements.']);
    assert.match((await post('okta', { ...samlConfig, sso_url: 'javascript:alert(1)' }))[0], /^sso_url: /);
    assert.deepEqual(await post('google', { client_id: 'a', client_secret: 'b', domains: [] }), ['domains: This field is required.']);
    assert.match((await post('google', { client_id: 'a', client_secret: 'b', domains: ['*.com'] }))[0], /^domains: /);
    assert.match((await post('oidc', { ...oidcConfig, client_secret: '***' }))[0], /^client_secret: Enter the client secret/);
    const document = `${oidcConfig.issuer}/.well-known/openid-configuration`;
    assert.match((await post('oidc', { ...oidcConfig, issuer: document }))[0], /^issuer: Enter the issuer itself/);
    for (const config of [null, [], 'x', { __proto__: null, toString: 1 }]) {
      const { status } = await server.request('POST', `/api/0/organizations/${others.slug}/auth-provider/`, {
        cookie: others.cookie,
        body: { key: 'oidc', config },
      });
      assert.equal(status, 400);
    }
  });
});
