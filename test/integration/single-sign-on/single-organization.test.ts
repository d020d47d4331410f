import assert from 'node:assert/strict';
import { ForgingIdp } from '../../support/forging-idp.ts';
import { formOf, PageClient } from '../../support/page-client.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { addOidcProvider } from '../../support/single-sign-on.ts';

describe('the login page of a single-organization server', () => {
  let idp: ForgingIdp;
  let server: TestServer;

  before(async () => {
    idp = await ForgingIdp.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1', SENTRY_SINGLE_ORGANIZATION: 'true' });
  });
  after(() => server?.stop());

  it('[14] redirects to the identity provider once one is active, and still offers the password form', async () => {
    const browser = new PageClient();
    const login = `${server.url}/login/?next=/organizations/`;
    assert.equal((await browser.get(login)).status, 200);
    const org = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer() });
    const page = await browser.follow(await browser.get(login));
    assert.equal(page.url.pathname, `/auth/login/${org.slug}/`);
    assert.equal(formOf(page).button, 'Continue with Test IdP');
    assert.match(formOf(page).action, /next=%2Forganizations%2F/);
    const password = /href="(\/login\/[^"]*)"/.exec(page.text)![1]!.replaceAll('&amp;', '&');
    assert.equal((await browser.get(new URL(password, server.url).href)).status, 200);
  });
});
