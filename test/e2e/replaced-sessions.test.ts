import assert from 'node:assert/strict';
import { markTested } from '../support/auth-providers.ts';
import { putDomain } from '../support/domains.ts';
import { anAccount } from '../support/log-in.ts';
import { TestOidcProvider } from '../support/oidc-provider.ts';
import { nextNumber } from '../support/provision.ts';
import { changeAuthProvider, changeRecords } from '../support/security-records.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

const client = { id: 'rollcall', secret: 'a client secret of 32 characters' };

describe('the question before a login replaces the session of another user', () => {
  const at = organizationPages();
  let idp: TestOidcProvider;
  let email: string;

  before(async () => {
    idp = await TestOidcProvider.start();
  });
  after(() => idp?.stop());

  /** A provider at which a person of the organization's domain is logged in. */
  beforeEach(async () => {
    const { id } = (await at.asOwner('GET', '/organizations/:org/')).body;
    const domain = `a-company-with-a-long-name-${nextNumber()}.example`;
    email = `maximiliana.wolfeschlegelsteinhausen@${domain}`;
    idp.person = { sub: `sub-${at.slug}`, claims: { email, email_verified: true, name: 'Maximiliana' } };
    idp.serve({ ...client, redirectUris: [`${at.server.url}/auth/oidc/${id}/callback/`] });
    const config = { issuer: idp.issuer, client_id: client.id, client_secret: client.secret };
    await at.asOwner('POST', '/organizations/:org/auth-provider/', { key: 'oidc', config });
    await markTested(at.server, id);
    await at.asOwner('PUT', '/organizations/:org/auth-provider/', { active: true });
    await changeRecords(at.server, id, (state) => changeAuthProvider(state, { jit: 'domains' }));
    await putDomain(at.server, id, domain);
  });

  for (const theme of ['light', 'dark'] as const) {
    it(`[H-26] fits a phone and a wide screen, and works by the keyboard, in the ${theme} theme`, async () => {
      // The login is in another tab, since a page of these tests may not contact another host.
      const stranger = await anAccount(at.server);
      const page = await (await at.open(stranger, '/account/security/', { width: 1440, theme })).context().newPage();
      await page.goto(`${at.server.url}/auth/login/${at.slug}/`);
      await page.evaluate((chosen) => localStorage.setItem('rollcall-theme', chosen), theme);
      await buttonOf(page, 'Continue with 127.0.0.1').click();
      await page.getByRole('heading', { name: `Continue as ${email}?` }).waitFor();
      await page.getByText(`You’re logged in as ${stranger.email}.`).waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 800 });
        await assertAccessible(page);
        await hasNoSidewaysScroll(page);
      }
      const stay = page.getByRole('link', { name: `Stay logged in as ${stranger.email}` });
      assert.equal(await stay.getAttribute('href'), '/');
      await buttonOf(page, `Continue as ${email}`).focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/\/organizations\//);
      const self = await page.evaluate(async () => (await fetch('/api/0/auth/')).json());
      assert.equal(self.email, email);
    });
  }
});
