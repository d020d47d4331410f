import assert from 'node:assert/strict';
import { configureProvider, oidcConfig, providerPath, putProvider, samlConfig } from '../../support/auth-providers.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anOrgWithOwner } from '../../support/logged-in.ts';
import { formOf } from '../../support/page-client.ts';
import { anOrganizationOf, aPerson, nextNumber } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { addOidcProvider, begin, claimsFor, comeBack } from '../../support/single-sign-on.ts';

const phishingResistant = 'phr';
const refeds = 'https://refeds.org/profile/mfa';

describe('an organization that requires certain logins of its provider', () => {
  let server: TestServer;
  let idp: ForgingIdp;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServer({ OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(async () => {
    await server?.stop();
    await idp?.stop();
  });

  it('[V6.8.4] asks for them, and refuses every other', async () => {
    const org = await anOrganizationOf(server, await aPerson(server));
    const issuer = idp.issuer();
    await addOidcProvider(server, org.id, { issuer, config: { acr_values: [phishingResistant, refeds] } });
    const logInWith = async (claims: object) => {
      const begun = await begin(server, org);
      assert.equal(begun.authorize.searchParams.get('acr_values'), `${phishingResistant} ${refeds}`);
      const code = idp.codeFor({ claims: claimsFor(begun, issuer, { sub: `subject-${nextNumber()}`, ...claims }) });
      return begun.browser.follow(await comeBack(server, begun, { code, issuer }), `${server.url}/organizations/`);
    };
    for (const acr of [phishingResistant, refeds]) assert.doesNotMatch((await logInWith({ acr })).text, /was not accepted/);
    for (const acr of [undefined, null, '', 'pwd', 'PHR', `${phishingResistant} ${refeds}`, [phishingResistant], true]) {
      const page = await logInWith({ acr, userinfo: { acr: phishingResistant } });
      assert.deepEqual([page.status, /was not accepted/.test(page.text)], [400, true], `${acr}: ${page.text}`);
      assert.throws(() => formOf(page));
    }
  });

  it('[V6.8.4] has them in its configuration, where they are kept until another one is sent', async () => {
    const org = await anOrgWithOwner(server);
    const withContexts = { ...oidcConfig, acr_values: [refeds] };
    const made = await configureProvider(server, org, { config: withContexts, isActive: false });
    assert.deepEqual(made.details.config.acr_values, [refeds]);
    assert.deepEqual((await putProvider(server, org, { session_hours: 5 })).details.config.acr_values, [refeds]);
    const without = await putProvider(server, org, { config: { ...oidcConfig, acr_values: [] } });
    assert.equal('acr_values' in without.details.config, false);
    for (const [acr_values, text] of [
      ['phr', /Expected a list/],
      [['two words'], /without spaces/],
      [[''], /blank/],
      [Array.from({ length: 11 }, (_, index) => `v${index}`), /10/],
    ] as const) {
      const body = { config: { ...oidcConfig, acr_values } };
      const refused = await server.request('PUT', providerPath(org), { cookie: org.cookie, body });
      assert.equal(refused.status, 400, JSON.stringify(acr_values));
      assert.match(refused.body.config.join(' '), /^acr_values: /);
      assert.match(refused.body.config.join(' '), text);
    }
  });

  it('has them for SAML too', async () => {
    const org = await anOrgWithOwner(server);
    const made = await configureProvider(server, org, {
      key: 'okta',
      config: { ...samlConfig, authn_contexts: [refeds] },
      isActive: false,
    });
    assert.deepEqual(made.details.config.authn_contexts, [refeds]);
  });
});
