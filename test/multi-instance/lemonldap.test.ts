import assert from 'node:assert/strict';
import { parseIdpMetadata } from '../../server/src/features/single-sign-on/saml/idp-metadata.ts';
import { makeSpCertificate } from '../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { spMetadata } from '../../server/src/features/single-sign-on/saml/sp-metadata.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { findLemonldap, lemonldapMissing, lemonldapUrl, lemonldapUsers, startLemonldap } from '../support/lemonldap.ts';
import { anAccount, logIn, personOf } from '../support/log-in.ts';
import { browserOf } from '../support/logged-in.ts';
import { formOf, locationOf, type Page, PageClient } from '../support/page-client.ts';
import { logInAtProvider } from '../support/provider-login.ts';
import { addMember, anOrganizationOf, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeSamlIdp } from '../support/saml/saml-idp.ts';
import { addSamlProvider } from '../support/saml/saml-login.ts';
import type { TestServer } from '../support/server.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { addOidcProvider, begin } from '../support/single-sign-on.ts';
import { skipBecause } from '../support/skip.ts';
import { SwitchingProxy } from '../support/switching-proxy.ts';
import { WireReplica } from '../support/wire-replica.ts';

const clientSecret = 'a client secret of 32 characters';

describe('logins at LemonLDAP::NG, at two instances', () => {
  let proxy: SwitchingProxy;
  let instances: Instances;
  let server: TestServer;
  let provider: ServerProcess;
  let urls: readonly string[];
  let owner: Person;
  const orgs = {} as Record<'signed' | 'encrypted' | 'oidc', ProvisionedOrg>;

  before(async function () {
    const plackup = await findLemonldap();
    if (!plackup && process.env.CI !== 'true') skipBecause(this, lemonldapMissing);
    assert.ok(plackup, lemonldapMissing);
    const [port, ...ports] = [await freePort(), await freePort(), await freePort()];
    urls = ports.map((one) => `http://127.0.0.1:${one}`);
    proxy = await SwitchingProxy.start();
    proxy.target = urls[0]!;
    const environment = { PUBLIC_URL: proxy.url, OUTBOUND_ALLOWED: '127.0.0.1' };
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, environment, ports });
    server = instances.servers[0]!;
    owner = personOf(await anAccount(server));

    const portal = lemonldapUrl(port!);
    const idp = await makeSamlIdp(`${portal}saml/metadata`);
    const sp = await makeSpCertificate();
    const setUp = { entityId: idp.entityId, ssoUrl: `${portal}saml/singleSignOn`, certificates: [idp.certificate], sp };
    const attributes = { identifier: null, user_email: 'email', first_name: 'displayName', last_name: null };
    for (const name of ['signed', 'encrypted', 'oidc'] as const) orgs[name] = await anOrganizationOf(server, owner);
    await addSamlProvider(server, orgs.signed.id, { ...setUp, config: { attributes, signed: 'both' } });
    await addSamlProvider(server, orgs.encrypted.id, { ...setUp, config: { attributes, signed: 'both', encrypt: true } });
    await addOidcProvider(server, orgs.oidc.id, { issuer: portal, clientId: 'rollcall', clientSecret });
    const metadataOf = ({ id }: ProvisionedOrg) =>
      spMetadata({
        acsUrl: `${proxy.url}/saml/acs/${id}/`,
        entityId: `${proxy.url}/saml/metadata/${id}/`,
        certificates: [sp.certificate],
      });
    provider = await startLemonldap({
      plackup,
      port: port!,
      idp,
      saml: {
        signed: { metadata: metadataOf(orgs.signed), encryption: 'none' },
        encrypted: { metadata: metadataOf(orgs.encrypted), encryption: 'assertion' },
      },
      oidc: { rollcall: { clientId: 'rollcall', clientSecret, redirectUri: `${proxy.url}/auth/oidc/${orgs.oidc.id}/callback/` } },
    });
    const read = parseIdpMetadata(await (await fetch(`${portal}saml/metadata`)).text());
    assert.deepEqual([read.entityId, read.ssoUrl, read.certificates.length], [setUp.entityId, setUp.ssoUrl, 1]);
  });
  after(async () => {
    await provider?.end('SIGTERM');
    await instances?.stop();
    await proxy?.stop();
  });

  /** Begins at the first instance, and ends at the second one. */
  async function logInAs(user: string, org: ProvisionedOrg, browser = new PageClient()): Promise<Page> {
    proxy.target = urls[0]!;
    const { authorize: url } = await begin(proxy, org, browser);
    proxy.target = urls[1]!;
    const page = await logInAtProvider(browser, { url, service: proxy.url, fields: { user, password: user } });
    const end = await browser.follow(page, `${proxy.url}/organizations/`);
    proxy.target = urls[0]!;
    return end;
  }

  const cases = [
    ['signed', 'SAML with signed assertions', lemonldapUsers[0]],
    ['encrypted', 'SAML with encrypted assertions', lemonldapUsers[1]],
    ['oidc', 'OpenID Connect', lemonldapUsers[2]],
  ] as const;
  for (const [name, protocol, user] of cases) {
    it(`[13.7] links and logs in over ${protocol}; unlinking ends the connection within a second`, async () => {
      const org = orgs[name];
      const member = personOf(await anAccount(server));
      await addMember(server, org, member, 'member');
      const full = await browserOf(server, member, proxy.url);
      const question = await logInAs(user, org, full);
      assert.equal(formOf(question).button, 'Link account', question.text);
      assert.equal(locationOf(await full.submit(question)), `${proxy.url}/organizations/${org.slug}/`);

      const browser = new PageClient();
      const entered = await logInAs(user, org, browser);
      assert.equal(locationOf(entered), `${proxy.url}/organizations/${org.slug}/`, entered.text);
      const cookie = browser.cookieFor(proxy.url);
      assert.equal((await server.request('GET', '/api/0/auth/', { cookie })).body.id, member.userId);
      const identity = `/api/0/organizations/${org.slug}/members/${member.memberId}/sso-identity/`;
      assert.match((await server.request('GET', identity, { cookie })).body.email, new RegExp(`^${user}@`));

      const replica = await WireReplica.open(urls[1]!, { cookie }, org.slug);
      await replica.live();
      const unlinked = await server.request('DELETE', identity, { cookie: await logIn(server, owner), headers: { Origin: proxy.url } });
      assert.equal(unlinked.status, 204, JSON.stringify(unlinked.body));
      const from = Date.now();
      await eventually(() => assert.ok(replica.revoked !== null || !replica.socket.connected, 'not yet'));
      assert.ok(Date.now() - from < 1_000, `${Date.now() - from} ms`);
      assert.notEqual((await server.request('GET', `/api/0/organizations/${org.slug}/`, { cookie })).status, 200);
      replica.close();
    });
  }
});
