import assert from 'node:assert/strict';
import { flowIdOf } from '../../../server/src/features/single-sign-on/flows/sealed-flow.ts';
import { makeSpCertificate, type SpCertificate } from '../../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { putProvider } from '../../support/auth-providers.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { makeSamlIdp, makeSamlResponse, type SamlIdp, type SamlResponseParts, validParts } from '../../support/saml/saml-idp.ts';
import { addSamlProvider, type BegunSaml, beginSaml, finishSaml, postSaml } from '../../support/saml/saml-login.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider, begin, claimsFor, comeBack } from '../../support/single-sign-on.ts';

describe('logins at identity providers that have no response yet', () => {
  let server: TestServer;
  let idp: SamlIdp;
  let stranger: SamlIdp;
  let oidcIdp: ForgingIdp;
  let sp: SpCertificate;
  let org: OrgWithOwner;

  before(async () => {
    oidcIdp = await ForgingIdp.start();
    [idp, stranger, sp, server] = await Promise.all([
      makeSamlIdp(),
      makeSamlIdp(),
      makeSpCertificate(),
      startServerWith(oidcIdp, { OUTBOUND_ALLOWED: '127.0.0.1' }),
    ]);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await aSamlOrg();
    await server.services.db.deleteFrom('attempt_limits').execute();
  });

  async function aSamlOrg(): Promise<OrgWithOwner> {
    const made = await anOrgWithOwner(server);
    const provider = { entityId: idp.entityId, ssoUrl: 'https://idp.example/sso', certificates: [idp.certificate], sp };
    await addSamlProvider(server, made.id, provider);
    return made;
  }

  let number = 0;
  const respond = ({ request }: BegunSaml, change: Partial<SamlResponseParts> = {}) =>
    makeSamlResponse({ ...validParts(idp, request), assertionId: `_a${number++}`, ...change });
  const forged = (begun: BegunSaml) => respond(begun, { signature: { ...validParts(stranger, begun.request).signature } });
  const flowsOf = (orgId: string) =>
    server.services.db.selectFrom('sso_flows').select('handle_hash').where('organization_id', '=', orgId).execute();
  const counted = () => server.services.db.selectFrom('attempt_limits').select('key').where('key', 'like', 'saml-%').execute();
  const assertFinished = (page: Page) => assert.equal(page.status, 403, page.text);

  it('[H-97] store nothing before the provider has responded', async () => {
    for (let count = 0; count < 30; count++) await beginSaml(server.url, org);
    const seen = await server.services.db.selectFrom('sso_seen').select('assertion_id').where('organization_id', '=', org.id).execute();
    assert.deepEqual([await flowsOf(org.id), seen], [[], []]);
  });

  it('[H-97] succeed after thirty forged responses and thirty starts of the same network, in every organization', async () => {
    const third = await aSamlOrg();
    const begun = await beginSaml(server.url, org);
    for (let count = 0; count < 30; count++) {
      assert.equal((await postSaml(begun.request.acsUrl, await forged(await beginSaml(server.url, org)))).status, 400);
      assert.equal((await postSaml(begun.request.acsUrl, 'garbage')).status, 400);
    }
    assert.deepEqual([await flowsOf(org.id), await counted()], [[], []]);
    assertFinished(await finishSaml(begun, await respond(begun)));
    const other = await beginSaml(server.url, third);
    assertFinished(await finishSaml(other, await respond(other)));
  });

  it('[H-97] get 429 in one organization, and in no other, after ten refused responses that its provider has signed', async () => {
    const third = await aSamlOrg();
    const refuse = async () => {
      const begun = await beginSaml(server.url, org);
      return postSaml(begun.request.acsUrl, await respond(begun, { assertionIssuer: '<saml:Issuer>https://other.example</saml:Issuer>' }));
    };
    for (let count = 0; count < 10; count++) assert.equal((await refuse()).status, 400);
    assert.equal((await refuse()).status, 429);
    const begun = await beginSaml(server.url, third);
    assertFinished(await finishSaml(begun, await respond(begun)));
  });

  it('[H-97] [S-25] [V6.8.3] end with one response, also after they have finished', async () => {
    const begun = await beginSaml(server.url, org);
    const response = await respond(begun);
    assertFinished(await finishSaml(begun, response));
    // Neither the same response nor another one of the same request is verified again.
    for (const again of [response, await respond(begun)]) assert.equal((await postSaml(begun.request.acsUrl, again)).status, 400);
    assert.deepEqual(await flowsOf(org.id), []);
  });

  it('[H-97] finish in two tabs of one browser, in any order', async () => {
    const browser = new PageClient();
    const [one, two] = [await beginSaml(server.url, org, browser), await beginSaml(server.url, org, browser)];
    assertFinished(await finishSaml(two, await respond(two)));
    assertFinished(await finishSaml(one, await respond(one)));
    const oidcOrg = await anOrgWithOwner(server);
    await addOidcProvider(server, oidcOrg.id, { issuer: oidcIdp.issuer() });
    const tabs = [await begin(server, oidcOrg, browser), await begin(server, oidcOrg, browser)];
    const issuer = oidcIdp.issuer();
    for (const tab of tabs.toReversed()) {
      const code = oidcIdp.codeFor({ claims: claimsFor(tab, issuer, { sub: `subject ${number++}` }) });
      assertFinished(await browser.follow(await comeBack(server, tab, { code, issuer })));
    }
  });

  it('[H-97] [S-37] finish in no other browser', async () => {
    const begun = await beginSaml(server.url, org);
    const posted = await postSaml(begun.request.acsUrl, await respond(begun));
    const stolen = await new PageClient().get(locationOf(posted)!);
    assert.match(stolen.text, /began in another browser/);
    assertFinished(await begun.browser.get(locationOf(posted)!));
  });

  it('[S-37] finish in no browser that began one and had another person respond to it', async () => {
    const begun = await beginSaml(server.url, org);
    // The person opens the address at the provider, whose page posts the response.
    const posted = await postSaml(begun.request.acsUrl, await respond(begun));
    const flowId = flowIdOf(begun.request.requestId)!;
    for (const flow of [flowId, `${flowId}.`, `${flowId}.${'0'.repeat(64)}`]) {
      const page = await begun.browser.get(`${server.url}/auth/sso/finish/?flow=${flow}`);
      assert.equal(page.status, 400, flow);
      assert.match(page.text, /began in another browser/);
    }
    assertFinished(await begun.browser.get(locationOf(posted)!));
  });

  it('[H-97] [13.4] end when the configuration of the provider changes', async () => {
    const oidcOrg = await anOrgWithOwner(server);
    await addOidcProvider(server, oidcOrg.id, { issuer: oidcIdp.issuer() });
    const begun = await begin(server, oidcOrg);
    const config = { issuer: oidcIdp.issuer(), client_id: 'rollcall', client_secret: 'another secret', scopes: 'openid email' };
    await putProvider(server, oidcOrg, { config });
    const issuer = oidcIdp.issuer();
    const code = oidcIdp.codeFor({ claims: claimsFor(begun, issuer, { sub: 'subject' }) });
    const page = await comeBack(server, begun, { code, issuer });
    assert.equal(page.status, 400);
    assert.match(page.text, /Start again/);
  });

  it('[H-97] end with a page that asks to start again if another version began them', async () => {
    const begun = await beginSaml(server.url, org);
    const request = { ...begun.request, requestId: `_${'0123456789abcdef'.repeat(3)}` };
    const posted = await postSaml(begun.request.acsUrl, await makeSamlResponse(validParts(idp, request)));
    assert.equal(posted.status, 400);
    assert.match(posted.text, /Start again/);
    const browser = new PageClient();
    browser.setCookie(server.url, `rollcall_sso=${'h'.repeat(43)}; Path=/`);
    for (const path of [`/auth/oidc/${org.id}/callback/?state=_${'0'.repeat(48)}&code=x`, `/auth/sso/finish/?flow=${'0'.repeat(64)}`]) {
      const page = await browser.get(`${server.url}${path}`);
      assert.equal(page.status, 400);
      assert.match(page.text, /Start again/);
    }
  });
});
