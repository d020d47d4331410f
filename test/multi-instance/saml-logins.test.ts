import assert from 'node:assert/strict';
import type { AuthProviderRecord } from '../../protocol/src/index.ts';
import { parseIdpMetadata } from '../../server/src/features/single-sign-on/saml/idp-metadata.ts';
import { makeSpCertificate, type SpCertificate } from '../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { freePort } from '../support/free-port.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anAccount, personOf } from '../support/log-in.ts';
import { browserOf } from '../support/logged-in.ts';
import { formOf, locationOf, type Page, PageClient } from '../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../support/provision.ts';
import {
  confirmation,
  confirmed,
  makeSamlIdp,
  makeSamlResponse,
  nameId,
  type SamlIdp,
  type SamlResponseParts,
  validParts,
} from '../support/saml/saml-idp.ts';
import { addSamlProvider, type BegunSaml, beginSaml, finishSaml, postSaml, type SamlSetUp } from '../support/saml/saml-login.ts';
import { SamlifyIdp } from '../support/saml/samlify-idp.ts';
import { changeAuthProvider, changeRecords } from '../support/security-records.ts';
import type { TestServer } from '../support/server.ts';
import { SwitchingProxy } from '../support/switching-proxy.ts';

const ssoUrl = 'https://idp.example/sso';

describe('a login over SAML at two instances', () => {
  let idp: SamlIdp;
  let sp: SpCertificate;
  let proxy: SwitchingProxy;
  let instances: Instances;
  let one: TestServer;
  /** The addresses of the instances behind the proxy. */
  let urls: readonly [string, string, string];
  let org: ProvisionedOrg;

  before(async () => {
    [idp, sp, proxy] = await Promise.all([makeSamlIdp(), makeSpCertificate(), SwitchingProxy.start()]);
    const ports = [await freePort(), await freePort(), await freePort()];
    urls = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string, string];
    instances = await startInstances(2, { environment: { PUBLIC_URL: proxy.url }, ports });
    one = instances.servers[0]!;
    proxy.target = urls[0];
  });
  after(async () => {
    await instances?.stop();
    await proxy?.stop();
  });
  beforeEach(async () => {
    org = await anOrganizationOf(one, await aPerson(one));
    await addSamlProvider(one, org.id, setUp());
    await one.services.db.deleteFrom('attempt_limits').execute();
  });

  const setUp = (): SamlSetUp => ({ entityId: idp.entityId, ssoUrl, certificates: [idp.certificate], sp });
  const aSubject = () => `subject-${nextNumber()}`;
  const home = () => `${proxy.url}/organizations/${org.slug}/`;
  const begin = (browser?: PageClient) => beginSaml(proxy.url, org, browser);
  const respond = ({ request }: BegunSaml, subject: string, change: Partial<SamlResponseParts> = {}) =>
    makeSamlResponse({
      ...validParts(idp, request),
      assertionId: `_a${nextNumber()}`,
      subject: `<saml:Subject>${nameId(subject)}${confirmation(confirmed(request))}</saml:Subject>`,
      ...change,
    });

  async function aMember(): Promise<Person> {
    const person = personOf(await anAccount(one));
    await addMember(one, org, person, 'member');
    return person;
  }

  /** Logs in with the password, then at the provider, and presses `Link account`. */
  async function link(member: Person, respondTo: (begun: BegunSaml) => Promise<string>): Promise<PageClient> {
    const browser = await browserOf(one, member, proxy.url);
    const begun = await begin(browser);
    const question = await finishSaml(begun, await respondTo(begun));
    assert.equal(formOf(question).button, 'Link account', question.text);
    const linked = await browser.submit(question);
    assert.equal(locationOf(linked), home(), linked.text);
    return browser;
  }

  function assertRefused(page: Page, text = /was not accepted/, status = 400): void {
    assert.equal(page.status, status, page.text);
    assert.match(page.text, text);
    assert.ok(!page.headers.getSetCookie().some((cookie) => /rollcall_session=[^;]/.test(cookie)));
  }

  const whoAmI = async (browser: PageClient) =>
    (await one.request('GET', '/api/0/auth/', { cookie: browser.cookieFor(proxy.url) })).body.id;

  it('[13.7] begins at one instance and ends at the other, with samlify as the provider', async () => {
    for (const isEncrypted of [false, true]) {
      org = await anOrganizationOf(one, await aPerson(one));
      const provider = new SamlifyIdp(idp, ssoUrl, isEncrypted);
      const { entityId, certificates, ...read } = parseIdpMetadata(provider.metadata);
      assert.equal(read.wantsSignedRequests, true);
      const signed = isEncrypted ? 'both' : 'assertion';
      const attributes = { identifier: null, user_email: 'mail', first_name: null, last_name: null };
      await addSamlProvider(one, org.id, {
        entityId,
        ssoUrl: read.ssoUrl,
        certificates: certificates.map(({ pem }) => pem),
        sp,
        config: { encrypt: isEncrypted, signed, attributes },
      });
      const metadata = (await new PageClient().get(`${proxy.url}/saml/metadata/${org.id}/`)).text;
      const person = { nameId: `samlify-${nextNumber()}`, mail: 'jane@example.com' };
      const member = await aMember();
      await link(member, ({ url }) => provider.respond(url, metadata, person));

      const browser = new PageClient();
      proxy.target = urls[0];
      const begun = await begin(browser);
      proxy.target = urls[1];
      const entered = await finishSaml(begun, await provider.respond(begun.url, metadata, person));
      proxy.target = urls[0];
      assert.equal(locationOf(entered), home(), entered.text);
      assert.equal(await whoAmI(browser), member.userId);
    }
  });

  it('[13.7] serves metadata with one ACS, the certificate and signed requests, also for a draft', async () => {
    const draft = await anOrganizationOf(one, await aPerson(one));
    await addSamlProvider(one, draft.id, { ...setUp(), record: { status: 'draft' } });
    for (const id of [org.id, draft.id]) {
      const { status, headers, text } = await new PageClient().get(`${proxy.url}/saml/metadata/${id}/`);
      assert.equal(status, 200);
      assert.match(headers.get('content-type')!, /^application\/samlmetadata\+xml/);
      assert.match(text, new RegExp(`entityID="${proxy.url}/saml/metadata/${id}/"`));
      assert.equal(text.match(/<md:AssertionConsumerService /g)?.length, 1);
      assert.match(text, new RegExp(`HTTP-POST" Location="${proxy.url}/saml/acs/${id}/"`));
      assert.match(text, /AuthnRequestsSigned="true" WantAssertionsSigned="true"/);
      assert.doesNotMatch(text, /PRIVATE/);
    }
    for (const id of ['1', '99999999', 'x', '__proto__'])
      assert.equal((await new PageClient().get(`${proxy.url}/saml/metadata/${id}/`)).status, 404);
  });

  it('[13.7] refuses a response without a form, with several fields, of garbage, of 8 MB or for another organization, and any number of them', async () => {
    const acs = `${proxy.url}/saml/acs/${org.id}/`;
    const post = (body: string, type = 'application/x-www-form-urlencoded', url = acs) =>
      new PageClient().request('POST', url, { 'Content-Type': type }, body);
    assertRefused(await post(''));
    assertRefused(await post('SAMLResponse=a&SAMLResponse=b'));
    assertRefused(await post('SAMLResponse=%00'));
    assertRefused(await post(`SAMLResponse=${Buffer.from('<a/>').toString('base64')}`));
    assertRefused(await post(`SAMLResponse=${'A'.repeat(300 * 1024)}`));
    assert.equal((await post(`SAMLResponse=${'A'.repeat(8 * 1024 * 1024)}`)).status, 413);
    assert.equal((await post('{}', 'application/json')).status, 415);
    const begun = await begin();
    const good = await respond(begun, aSubject());
    for (const id of ['1', '99999999', 'x', '__proto__']) assertRefused(await postSaml(`${proxy.url}/saml/acs/${id}/`, good));
    assert.equal((await new PageClient().get(`${proxy.url}/saml/acs/${org.id}/`)).status, 404);
    for (let count = 0; count < 5; count++) assertRefused(await post('SAMLResponse=garbage'));
    assertRefused(await post(`SAMLResponse=${'A'.repeat(300 * 1024)}`));
    // The login in progress still succeeds.
    assert.equal(locationOf(await postSaml(begun.request.acsUrl, good))?.startsWith(`${proxy.url}/auth/sso/finish/`), true);
  });

  it('[S-24] drops a response to no request, and redirects to the login page of the organization', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, (begun) => respond(begun, subject));
    const begun = await begin();
    const responseAttributes = `Destination="${begun.request.acsUrl}"`;
    const unsolicited = {
      responseAttributes,
      subject: `<saml:Subject>${nameId(subject)}${confirmation({ Recipient: begun.request.acsUrl, NotOnOrAfter: new Date(Date.now() + 60_000).toISOString() })}</saml:Subject>`,
    };
    const page = await postSaml(begun.request.acsUrl, await respond(begun, subject, unsolicited), { RelayState: 'https://evil.example/' });
    assert.equal(page.status, 303);
    assert.equal(locationOf(page), `${proxy.url}/auth/login/${org.slug}/`);
    assert.deepEqual(page.headers.getSetCookie(), []);

    const entered = await finishSaml(begun, await respond(begun, subject));
    assert.equal(locationOf(entered), home());
    const none = await anOrganizationOf(one, await aPerson(one));
    assertRefused(await postSaml(`${proxy.url}/saml/acs/${none.id}/`, await respond(begun, subject, unsolicited)));
  });

  it('[S-37] ends only in the browser that began it', async () => {
    const begun = await begin();
    const posted = await postSaml(begun.request.acsUrl, await respond(begun, aSubject()));
    assertRefused(await new PageClient().get(locationOf(posted)!), /began in another browser/);
  });

  it('[S-29] opens one session for a response that arrives ten times at once at two instances, and none after a restart', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, (begun) => respond(begun, subject));
    const begun = await begin();
    const response = await respond(begun, subject);
    const acsAt = (number: number) => begun.request.acsUrl.replace(proxy.url, urls[number % 2]!);
    const posts = await Promise.all(Array.from({ length: 10 }, (_, number) => postSaml(acsAt(number), response)));
    const finishes = posts.flatMap((page) => (page.status === 303 ? [page.headers.get('location')!] : []));
    assert.equal(finishes.length, 1);
    const cookie = begun.browser.cookieFor(proxy.url);
    // The proxy sends them to the two instances in turn.
    const ends = await Promise.all(
      Array.from({ length: 10 }, (_, number) => {
        proxy.target = urls[number % 2]!;
        return new PageClient().request('GET', new URL(finishes[0]!, proxy.url).href, { Cookie: cookie });
      }),
    );
    proxy.target = urls[0];
    const sessions = ends.filter((page) => page.headers.getSetCookie().some((set) => /rollcall_session=[^;]/.test(set)));
    assert.equal(sessions.length, 1, ends.map(({ status }) => status).join(' '));

    await instances.add();
    await one.services.db.deleteFrom('attempt_limits').execute();
    proxy.target = urls[2];
    assertRefused(await postSaml(begun.request.acsUrl, response));
    proxy.target = urls[0];
    // The assertion of a session, in the response to another request.
    const again = await begin();
    assertRefused(
      await finishSaml(again, await respond(begun, subject, { responseAttributes: `InResponseTo="${again.request.requestId}"` })),
    );
  });

  it('[S-29] opens no second session for an assertion with a known ID', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, (begun) => respond(begun, subject, { assertionId: '_once' }));
    const begun = await begin();
    assertRefused(await finishSaml(begun, await respond(begun, subject, { assertionId: '_once' })));
  });

  it('[S-27] fails at its end if the provider, the user or the member changed during it', async () => {
    const changeProvider = (fields: Partial<AuthProviderRecord>) =>
      changeRecords(one, org.id, (state) => changeAuthProvider(state, fields));
    const changes: [RegExp, (member: Person) => Promise<unknown>][] = [
      [/changed during your login/, () => changeProvider({ generation: 2 })],
      [/changed during your login/, () => changeProvider({ status: 'draft' })],
      [/disabled/, ({ userId }) => one.operate('PUT', `/users/${userId}/`, { isActive: false })],
      [
        /no longer a member/,
        ({ memberId }) => one.request('DELETE', `/api/0/organizations/${org.slug}/members/${memberId}/`, { token: org.owner.token }),
      ],
    ];
    for (const [text, change] of changes) {
      org = await anOrganizationOf(one, await aPerson(one));
      await addSamlProvider(one, org.id, setUp());
      const member = await aMember();
      const subject = aSubject();
      await link(member, (begun) => respond(begun, subject));
      const begun = await begin();
      const posted = await postSaml(begun.request.acsUrl, await respond(begun, subject));
      await change(member);
      assertRefused(await begun.browser.get(locationOf(posted)!), text, 403);
    }
    // A provider that is another one before the response arrives.
    const begun = await begin();
    await changeProvider({ generation: 3 });
    assertRefused(await postSaml(begun.request.acsUrl, await respond(begun, aSubject())));
  });

  it('[S-34] accepts no response for another organization of the same provider', async () => {
    const theirs = await anOrganizationOf(one, await aPerson(one));
    await addSamlProvider(one, theirs.id, setUp());
    const mine = await begin();
    const other = await beginSaml(proxy.url, theirs);
    const subject = aSubject();
    const { acsUrl } = mine.request;
    assertRefused(await postSaml(acsUrl, await respond(other, subject)));
    const forMine = { responseAttributes: `Destination="${acsUrl}" InResponseTo="${mine.request.requestId}"` };
    assertRefused(await postSaml(acsUrl, await respond(other, subject, forMine)));
  });

  it('[13.7] asks the provider to authenticate a person again who is logged in', async () => {
    const member = await aMember();
    const subject = aSubject();
    await link(member, (begun) => respond(begun, subject));
    const fresh = await begin();
    assert.doesNotMatch(fresh.xml, /ForceAuthn/);
    const sso = new PageClient();
    const begun = await begin(sso);
    await finishSaml(begun, await respond(begun, subject));
    const again = await begin(sso);
    assert.match(again.xml, /ForceAuthn="true"/);
    const old = authenticated(-60 * 60_000);
    assertRefused(await finishSaml(again, await respond(again, subject, old)));
  });

  function authenticated(ageMs: number): Partial<SamlResponseParts> {
    const instant = new Date(Date.now() + ageMs).toISOString();
    return {
      statements: `<saml:AuthnStatement AuthnInstant="${instant}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
    };
  }
});
