import assert from 'node:assert/strict';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { anAccount, logIn, personOf } from '../support/log-in.ts';
import { TestOidcProvider } from '../support/oidc-provider.ts';
import { addMember, anOrganizationOf, aPerson, type ProvisionedOrg } from '../support/provision.ts';
import { startServerWith, type TestServer } from '../support/server.ts';
import { addOidcProvider } from '../support/single-sign-on.ts';
import { skipBecause } from '../support/skip.ts';
import { assertAccessible } from './pages.ts';

describe('the pages of a login by single sign-on', () => {
  let idp: TestOidcProvider;
  let server: TestServer;
  let org: ProvisionedOrg;

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    idp = await TestOidcProvider.start();
    server = await startServerWith(idp, { OUTBOUND_ALLOWED: '127.0.0.1' });
    org = await anOrganizationOf(server, await aPerson(server));
    await addOidcProvider(server, org.id, { issuer: idp.issuer });
    idp.serve({
      id: 'rollcall',
      secret: 'a client secret of 32 characters',
      redirectUris: [`${server.url}/auth/oidc/${org.id}/callback/`],
    });
  });
  after(() => server?.stop());

  it('[13.7] link an account and log it in, in a browser, with one button on each page', async () => {
    const account = await anAccount(server);
    await addMember(server, org, personOf(account), 'member');
    idp.person = { sub: 'a person', claims: { email: account.email, name: 'A' } };
    const login = `/auth/login/${org.slug}/?next=/auth/login/${org.slug}/`;
    {
      await using visitor = await visit(server.url, login, { cookie: await logIn(server, account), isFirst: true });
      await assertAccessible(visitor.page);
      await visitor.page.getByRole('button').click();
      await visitor.page.getByRole('heading', { name: 'Link your account?' }).waitFor();
      await assertAccessible(visitor.page);
      await visitor.page.getByRole('button', { name: 'Link account' }).click();
      await visitor.page.waitForURL(`**/auth/login/${org.slug}/`);
    }
    await using visitor = await visit(server.url, login, { isFirst: true });
    await visitor.page.getByRole('button', { name: 'Continue with Test IdP' }).click();
    await visitor.page.waitForURL(`**/auth/login/${org.slug}/`);
    const cookies = await visitor.context.cookies();
    assert.ok(cookies.some(({ name, httpOnly, sameSite }) => name === 'rollcall_session' && httpOnly && sameSite === 'Lax'));
  });
});
