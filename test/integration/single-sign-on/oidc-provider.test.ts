import assert from 'node:assert/strict';
import { configureProvider, providerPath } from '../../support/auth-providers.ts';
import { anAccount, personOf } from '../../support/log-in.ts';
import { anOrgWithOwner, browserOf } from '../../support/logged-in.ts';
import { TestOidcProvider } from '../../support/oidc-provider.ts';
import { formOf, locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider } from '../../support/single-sign-on.ts';

const client = { id: 'rollcall', secret: 'a client secret of 32 characters' };

describe('a login at a certified OpenID Connect provider', () => {
  let idp: TestOidcProvider;
  let server: TestServer;
  let org: ProvisionedOrg;
  let google: ProvisionedOrg;

  before(async () => {
    idp = await TestOidcProvider.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1', ROLLCALL_GOOGLE_ISSUER: idp.issuer });
    org = await anOrganizationOf(server, await aPerson(server));
    google = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer });
    await addOidcProvider(server, google.id, {
      issuer: 'https://accounts.google.com',
      config: { domains: ['example.com'] },
      record: { key: 'google', name: 'Google' },
    });
    idp.serve({ ...client, redirectUris: [org, google].map(({ id }) => `${server.url}/auth/oidc/${id}/callback/`) });
  });
  after(() => server?.stop());

  const config = () => ({ issuer: idp.issuer, client_id: client.id, client_secret: client.secret });

  /** Presses the button of the login page and follows the provider's redirects. */
  async function logInAt({ slug }: ProvisionedOrg, browser: PageClient): Promise<Page> {
    const page = await browser.get(`${server.url}/auth/login/${slug}/`);
    return browser.follow(await browser.submit(page), `${server.url}/organizations/`);
  }

  async function aLinkedMember(of: ProvisionedOrg, sub: string, claims = {}) {
    const member = personOf(await anAccount(server));
    await addMember(server, of, member, 'owner');
    idp.person = { sub, claims: { email: member.email, email_verified: true, name: 'A', ...claims } };
    const browser = await browserOf(server, member);
    const question = await logInAt(of, browser);
    assert.equal(formOf(question).button, 'Link account');
    assert.match(locationOf(await browser.submit(question))!, /\/organizations\//);
    return member;
  }

  it('[13.7] links an account once, and opens a session from then on', async () => {
    const member = await aLinkedMember(org, 'linked');
    const browser = new PageClient();
    assert.equal(locationOf(await logInAt(org, browser)), `${server.url}/organizations/${org.slug}/`);
    const self = await server.request('GET', '/api/0/auth/', { cookie: browser.cookieFor(server.url) });
    assert.equal(self.body.id, member.userId);
  });

  it('[S-39] [13.7] opens a session for a Google account of the right domain only', async () => {
    const member = await aLinkedMember(google, 'googler', { hd: 'example.com' });
    const claims = { email: member.email, email_verified: true, name: 'A' };
    for (const [hd, status] of [
      ['example.com', 303],
      [undefined, 400],
      ['EXAMPLE.com', 400],
      ['example.com.evil.org', 400],
    ] as const) {
      idp.person = { sub: 'googler', claims: hd === undefined ? claims : { ...claims, hd } };
      assert.equal((await logInAt(google, new PageClient())).status, status, String(hd));
    }
  });

  it('[13.7] logs people in once an owner has configured, tested and activated it over REST', async () => {
    const own = await anOrgWithOwner(server);
    const redirectUris = [org, google, own].map(({ id }) => `${server.url}/auth/oidc/${id}/callback/`);
    idp.serve({ ...client, redirectUris });
    const path = providerPath(own);
    const send = (method: string, to: string, body?: unknown) =>
      server.request(method, `${path}${to}`, { cookie: browser.cookieFor(server.url), ...(body === undefined ? {} : { body }) });
    const browser = new PageClient();
    browser.setCookie(server.url, own.cookie);
    await configureProvider(server, own, { config: config(), isActive: false });
    assert.equal((await send('PUT', '', { active: true })).status, 400);

    const test = async (meanwhile = async () => {}) => {
      const started = await send('POST', 'test/');
      for (const cookie of started.headers.getSetCookie()) browser.setCookie(server.url, cookie);
      const arrived = await browser.follow(await browser.get(started.body.url), `${server.url}/auth/sso/finish/`);
      await meanwhile();
      await browser.follow(arrived);
      return (await send('GET', `test/${started.body.id}/`)).body;
    };
    idp.person = { sub: 'an owner', claims: { email: own.owner.email, email_verified: true, name: 'Owner' } };
    const changed = await test(async () => {
      assert.equal((await send('PUT', '', { config: { ...config(), scopes: 'openid email' } })).status, 200);
    });
    assert.equal(changed.ok, undefined, 'the test succeeded for a configuration that it did not test');
    assert.equal((await send('PUT', '', { active: true })).status, 400);

    assert.deepEqual((await test()).ok, true);
    assert.equal((await send('PUT', '', { active: true })).status, 200);
    const question = await logInAt(own, browser);
    assert.equal(formOf(question).button, 'Link account');
    await browser.submit(question);
    assert.equal((await logInAt(own, new PageClient())).status, 303);
  });

  it('[16] requires the provider to authenticate the user again for an action that needs a recent login', async () => {
    await aLinkedMember(org, 'recent');
    const browser = new PageClient();
    await logInAt(org, browser);
    const revoke = () =>
      server.request('POST', `/api/0/organizations/${org.slug}/auth-provider/test/`, { cookie: browser.cookieFor(server.url) });
    assert.equal((await revoke()).status, 201);
    const threeHoursAgo = new Date(Date.now() - 3 * 3_600_000).toISOString();
    await server.services.db.updateTable('session_sso').set({ authenticated_at: threeHoursAgo }).execute();
    const refused = await revoke();
    assert.equal(refused.status, 401);
    assert.equal(refused.body.detail.code, 'sudo-required');
    assert.equal(refused.body.detail.extra.loginUrl, `/auth/login/${org.slug}/`);

    const before = idp.logins;
    await logInAt(org, browser);
    assert.equal(idp.logins, before + 1, 'the provider did not authenticate the person again');
    assert.equal((await revoke()).status, 201);
  });
});
