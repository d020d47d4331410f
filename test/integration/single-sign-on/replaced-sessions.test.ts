import assert from 'node:assert/strict';
import { putDomain } from '../../support/domains.ts';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { anAccount, personOf } from '../../support/log-in.ts';
import { browserOf } from '../../support/logged-in.ts';
import { formOf, locationOf, type Page, PageClient } from '../../support/page-client.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider, logInWith } from '../../support/single-sign-on.ts';

describe('a login by single sign-on in a browser with the session of another user', () => {
  let idp: ForgingIdp;
  let server: TestServer;
  let org: ProvisionedOrg;
  let mule: Person & { readonly subject: string };

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer(), record: { jit: 'domains' } });
    const member = personOf(await anAccount(server));
    await addMember(server, org, member, 'member');
    mule = { ...member, subject: `subject-${nextNumber()}` };
    const browser = await browserOf(server, member);
    await browser.submit(await logInWith(server, idp, org, { sub: mule.subject }, { browser }));
  });

  const selfIn = async (browser: PageClient) =>
    (await server.request('GET', '/api/0/auth/', { cookie: browser.cookieFor(server.url) })).body.email ?? null;
  const home = () => `${server.url}/organizations/${org.slug}/`;
  /** The question to a person who has nothing to do with the organization. */
  async function askVictim(claims: Readonly<Record<string, unknown>> = { sub: mule.subject }) {
    const victim = await anAccount(server);
    const browser = await browserOf(server, victim);
    const question = await logInWith(server, idp, org, claims, { browser });
    return { victim, browser, question };
  }
  const assertQuestion = (page: Page, current: string, next: string) => {
    assert.equal(page.status, 200, page.text);
    const { action, method, button } = formOf(page);
    assert.equal(button, `Continue as ${next}`);
    assert.equal(method, 'post');
    assert.match(action, /^\/auth\/sso\/replace\/\?flow=/);
    assert.ok(page.text.includes(`You’re logged in as ${current}.`), page.text);
    assert.ok(page.text.includes(`<span>${current}</span> <a href="/logout/">Log out</a>`), page.text);
    assert.ok(page.text.includes(`<a href="/">Stay logged in as ${current}</a>`), page.text);
  };

  it('[H-26] [V7.4.4] [V7.6.2] ends and begins nothing before that user agrees, and replaces the session once they do', async () => {
    const { victim, browser, question } = await askVictim();
    assertQuestion(question, victim.email, mule.email);
    assert.equal(await selfIn(browser), victim.email);
    // A second visit shows the question too.
    assertQuestion(await browser.get(question.url.href), victim.email, mule.email);
    assert.equal(await selfIn(browser), victim.email);

    const former = browser.cookieFor(server.url);
    assert.equal(locationOf(await browser.submit(question)), home());
    assert.equal(await selfIn(browser), mule.email);
    assert.equal((await server.request('GET', '/api/0/auth/', { cookie: former })).status, 400, 'the former session has ended');
    assert.equal((await browser.submit(question)).status, 400, 'the button works once');
  });

  it('[H-26] creates no account before that user agrees', async () => {
    const domain = `company-${nextNumber()}.example`;
    await putDomain(server, org.id, domain);
    const email = `new@${domain}`;
    const count = async () => (await server.services.db.selectFrom('users').select('id').where('email', '=', email).execute()).length;
    const { victim, browser, question } = await askVictim({ sub: `subject-${nextNumber()}`, email, email_verified: true, name: 'New' });
    assertQuestion(question, victim.email, email);
    assert.equal(await count(), 0);
    assert.equal(locationOf(await browser.submit(question)), home());
    assert.deepEqual([await count(), await selfIn(browser)], [1, email]);
  });

  it('[H-26] asks in a session of single sign-on too, and not in one of the same user', async () => {
    const own = new PageClient();
    assert.equal(locationOf(await logInWith(server, idp, org, { sub: mule.subject }, { browser: own })), home());
    assert.equal(locationOf(await logInWith(server, idp, org, { sub: mule.subject }, { browser: own })), home());

    const elsewhere = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, elsewhere.id, { issuer: idp.issuer(), record: { jit: 'domains' } });
    const domain = `company-${nextNumber()}.example`;
    await putDomain(server, elsewhere.id, domain);
    const email = `person@${domain}`;
    const browser = new PageClient();
    await logInWith(server, idp, elsewhere, { sub: 'else', email, email_verified: true }, { browser });
    assert.equal(await selfIn(browser), email);
    assertQuestion(await logInWith(server, idp, org, { sub: mule.subject }, { browser }), email, mule.email);
    assert.equal(await selfIn(browser), email);
  });

  it('[S-18] [S-28] takes the agreement only from this page, browser and session, and only while the login lasts', async () => {
    const { victim, browser, question } = await askVictim();
    const { action } = formOf(question);
    const url = new URL(action, server.url).href;
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    for (const origin of ['https://evil.example', 'null']) {
      assert.equal((await browser.request('POST', url, { ...type, Origin: origin }, '')).status, 403, origin);
    }
    assert.equal((await browser.request('POST', url, { ...type, 'Sec-Fetch-Site': 'cross-site' }, '')).status, 403, 'without an origin');
    assert.equal((await browser.get(url)).status, 404, 'by a link');
    const stranger = await browserOf(server, await anAccount(server));
    assert.equal((await stranger.submit(question)).status, 400, 'in another browser');

    // Another user has logged in in this browser since the question: they are asked themselves.
    const third = await anAccount(server);
    const theirs = (await browserOf(server, third)).cookieFor(server.url);
    const before = browser.cookieFor(server.url);
    browser.setCookie(server.url, theirs);
    assertQuestion(await browser.submit(question), third.email, mule.email);
    assert.equal(await selfIn(browser), third.email);
    assert.notEqual(before, theirs);

    const again = await logInWith(server, idp, org, { sub: mule.subject }, { browser });
    await server.services.db
      .updateTable('sso_flows')
      .set({ date_created: '2020-01-01T00:00:00Z' })
      .where('organization_id', '=', org.id)
      .execute();
    assert.equal((await browser.submit(again)).status, 400, 'after ten minutes');
    assert.equal(await selfIn(browser), third.email);
    assert.notEqual(await selfIn(browser), victim.email);
  });

  it('[S-28] forgets the question when that user logs out', async () => {
    const { browser, question } = await askVictim();
    assert.equal((await server.request('POST', '/api/0/auth/logout/', { cookie: browser.cookieFor(server.url) })).status, 204);
    assert.equal((await browser.submit(question)).status, 400);
    assert.equal(await selfIn(browser), null);
  });

  it('[S-28] links nothing by this agreement, and replaces nothing by the agreement to a link', async () => {
    const { victim, browser, question } = await askVictim();
    const { action } = formOf(question);
    const linked = await browser.submit(question, { action: action.replace('/replace/', '/link/'), method: 'post', fields: {} });
    assert.equal(linked.status, 400);
    assert.equal(await selfIn(browser), victim.email);

    const member = personOf(await anAccount(server));
    await addMember(server, org, member, 'member');
    const own = await browserOf(server, member);
    const link = await logInWith(server, idp, org, { sub: `subject-${nextNumber()}` }, { browser: own });
    const other = { action: formOf(link).action.replace('/link/', '/replace/'), method: 'post', fields: {} };
    assert.equal(formOf(await own.submit(link, other)).button, 'Link account');
  });
});
