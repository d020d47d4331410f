import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { markTested, samlConfig } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { TestOidcProvider } from '../support/oidc-provider.ts';
import { nextNumber } from '../support/provision.ts';
import { changeFlags, changeRecords, enforceChanges } from '../support/security-records.ts';
import { consoleDns } from './console-server.ts';
import { buttonOf, descriptionOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible, memberRow, tabTo } from './pages.ts';

const client = { id: 'rollcall', secret: 'a client secret of 32 characters' };

describe('the pages of single sign-on', () => {
  const at = organizationPages();
  let idp: TestOidcProvider;

  before(async () => {
    idp = await TestOidcProvider.start();
  });
  after(() => idp?.stop());

  const orgId = async () => (await at.asOwner('GET', '/organizations/:org/')).body.id as string;
  const step = (page: Page, name: string) => page.getByRole('region', { name });

  /** Serves the organization as a client, and logs the owner in without a page. */
  async function serveOwner(redirectUri: string): Promise<void> {
    idp.person = { sub: `sub-${at.slug}`, claims: { email: at.owner.email, email_verified: true, name: 'Olga Owner' } };
    idp.serve({ ...client, redirectUris: [redirectUri] });
  }

  /** An active provider, as if a test had succeeded. */
  async function activate(): Promise<void> {
    const id = await orgId();
    await serveOwner(`${at.server.url}/auth/oidc/${id}/callback/`);
    const config = { issuer: idp.issuer, client_id: client.id, client_secret: client.secret };
    await at.asOwner('POST', '/organizations/:org/auth-provider/', { key: 'oidc', config });
    await markTested(at.server, id);
    await at.asOwner('PUT', '/organizations/:org/auth-provider/', { active: true });
  }

  /** Logs in and links the account in another tab, since a page may not contact another host. */
  async function logInAtProvider(page: Page): Promise<void> {
    const tab = await page.context().newPage();
    await tab.goto(`${at.server.url}/auth/login/${at.slug}/`);
    await buttonOf(tab, 'Continue with 127.0.0.1').click();
    await buttonOf(tab, 'Link account').click();
    await tab.waitForURL(/\/organizations\//);
    await tab.close();
  }

  it('sets up a provider step by step: copies, enters, tests in another tab, activates', async () => {
    const page = await at.open(at.owner, 'single-sign-on', { width: 1440 });
    await step(page, '4. Test it').getByText('Save the provider’s values first.').waitFor();
    await page.getByLabel('Identity provider').selectOption('oidc');
    const redirectUri = await page.getByLabel('Redirect URI', { exact: true }).inputValue();
    await serveOwner(redirectUri);
    await page.getByLabel('Issuer').fill('not a URL');
    await page.getByLabel('Client ID').fill(client.id);
    await page.getByLabel('Client secret').fill(client.secret);
    await buttonOf(page, 'Save as a draft').click();
    await page.getByRole('alert').filter({ hasText: 'Enter a URL' }).waitFor();
    await page.mouse.move(0, 0);
    await assertAccessible(page);
    await page.getByLabel('Issuer').fill(`${idp.issuer}/`);
    await buttonOf(page, 'Save as a draft').click();
    await buttonOf(page, 'Test login').click();
    const failure = step(page, '4. Test it').getByRole('alert');
    await failure.filter({ hasText: `describes itself as the issuer ${idp.issuer},` }).waitFor();
    await page.getByLabel('Issuer').fill(idp.issuer);
    await page.getByLabel('Client secret').fill(client.secret);
    await buttonOf(page, 'Save').click();
    await failure.waitFor({ state: 'hidden' });
    await step(page, '5. Activate it').getByText('A test has to succeed first.').waitFor();
    assert.equal(await page.getByLabel('Redirect URI', { exact: true }).inputValue(), redirectUri);

    const opened = page.context().waitForEvent('page');
    await buttonOf(page, 'Test login').click();
    const tab = await opened;
    await tab.getByRole('heading', { name: 'The test succeeded' }).waitFor();
    await tab.close();
    const result = page.getByRole('region', { name: 'Result of the test' });
    await result.getByText('Test succeeded').waitFor();
    await result.getByText(at.owner.email).first().waitFor();
    await buttonOf(page, 'Activate').click();
    await page.getByText('Single sign-on is active').waitFor();
    assert.equal(await page.getByLabel('Login page', { exact: true }).inputValue(), `${at.server.url}/auth/login/${at.slug}/`);
    await page.getByRole('switch', { name: 'Create members when they first log in' }).click();
    await page.getByRole('combobox', { name: 'Log in again after' }).selectOption('24');
    await eventually(async () => {
      const { body } = await at.asOwner('GET', '/organizations/:org/auth-provider/');
      assert.deepEqual([body.details.jit, body.details.sessionHours], ['domains', 24]);
    });
    await assertAccessible(page);
  });

  it('shows errors of the server about fields that the form does not have, and opens the options that have one', async () => {
    const page = await at.open(at.owner, 'single-sign-on');
    await page.getByLabel('Identity provider').selectOption('okta');
    await page.getByLabel('Metadata URL').fill('https://idp.example.com/metadata');
    const config = ['sso_url: The URL must begin with https.', 'attributes: The name is too long.'];
    await page.route('**/auth-provider/', (route) =>
      route.request().method() === 'POST' ? route.fulfill({ status: 400, json: { config, key: ['Not offered here.'] } }) : route.continue(),
    );
    await buttonOf(page, 'Save as a draft').click();
    await page.getByRole('alert').filter({ hasText: 'The URL must begin with https.' }).filter({ hasText: 'Not offered here.' }).waitFor();
    await page.getByRole('alert').filter({ hasText: 'The name is too long.' }).waitFor();
    await page.getByLabel('First name').waitFor();
  });

  it('states what ends before it deactivates or removes the provider, and works by keyboard on a phone', async () => {
    await activate();
    const page = await at.open(at.owner, 'single-sign-on', { width: 390, height: 844 });
    await hasNoSidewaysScroll(page);
    await tabTo(page, buttonOf(page, 'Deactivate'));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('They need a password to get back in').waitFor();
    await assertAccessible(page, 'dialog');
    await tabTo(page, buttonOf(dialog, 'Deactivate'));
    await page.keyboard.press('Enter');
    await page.getByText('Single sign-on is not active').waitFor();
    await tabTo(page, buttonOf(page, 'Remove provider'));
    await page.keyboard.press('Enter');
    await dialog.getByLabel(/to confirm/).fill('127.0.0.1');
    await page.keyboard.press('Enter');
    await page.getByLabel('Identity provider').waitFor();
    const { status } = await at.asOwner('GET', '/organizations/:org/auth-provider/');
    assert.equal(status, 204);
  });

  it('links the owner’s account at the provider, shows the identity in the member panel, and unlinks it', async () => {
    await activate();
    const page = await at.open(at.owner, 'members');
    await logInAtProvider(page);
    await memberRow(page, at.owner.email).getByText('SSO', { exact: true }).waitFor();
    await page.getByRole('link', { name: `details of ${at.owner.email}` }).click();
    const panel = page.getByRole('dialog');
    await panel.getByText(`sub-${at.slug}`).waitFor();
    await assertAccessible(page, 'dialog');
    await buttonOf(panel, 'Require linking again').click();
    await buttonOf(page.getByRole('dialog', { name: 'Require yourself to link again?' }), 'Require linking again').click();
    await panel.getByText('You have to link this identity again.').waitFor();
    await buttonOf(panel, 'Unlink').click();
    await buttonOf(page.getByRole('dialog', { name: 'Unlink your identity?' }), 'Unlink').click();
    await panel.getByRole('heading', { name: 'Single sign-on' }).waitFor({ state: 'hidden' });
  });

  it('replaces this server’s certificate for a SAML provider in two steps', async () => {
    await at.asOwner('POST', '/organizations/:org/auth-provider/', { key: 'saml2', config: samlConfig });
    const page = await at.open(at.owner, 'single-sign-on', { width: 390, height: 844 });
    const own = page.getByRole('region', { name: 'This server’s certificate' });
    const certificates = own.getByText('Certificate', { exact: true });
    await buttonOf(own, 'Create a new certificate').click();
    await buttonOf(own, 'Activate').waitFor();
    assert.equal(await certificates.count(), 2);
    await hasNoSidewaysScroll(page);
    await assertAccessible(page, 'main');
    await buttonOf(own, 'Activate').click();
    await buttonOf(page.getByRole('dialog', { name: 'Activate the new certificate?' }), 'Activate').click();
    await buttonOf(own, 'Create a new certificate').waitFor();
    assert.equal(await certificates.count(), 1);
  });

  it('offers the login at the provider to members whom single sign-on keeps out', async () => {
    await activate();
    const member = await at.aMember('member');
    const page = await at.open(member, 'members');
    await changeRecords(at.server, await orgId(), (state) => enforceChanges(state));
    await page.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    const link = page.getByRole('link', { name: 'Log in with single sign-on' });
    assert.equal(await link.getAttribute('href'), `/auth/login/${at.slug}/`);
    await assertAccessible(page);
    await page.reload();
    await page.getByRole('heading', { name: 'Log in to continue' }).waitFor();
    await link.click();
    await page.getByRole('button', { name: 'Continue with 127.0.0.1' }).waitFor();
  });

  it('requires single sign-on once the owner’s account is linked and a recovery owner is chosen, and shows whom it affects', async () => {
    const recovery = await at.aMember('owner');
    await at.server.operate('POST', `/users/${recovery.id}/authenticators/`, { type: 'totp' });
    const member = await at.aMember('member');
    await activate();
    const theirs = await at.open(member, 'members');
    const page = await at.open(at.owner, 'single-sign-on', { width: 1440 });
    const own = step(page, '6. Require it');
    await own.getByText('Otherwise you would lock yourself out.').waitFor();
    const both = 'Link your own account first. Choose a recovery owner first.';
    assert.equal(await descriptionOf(buttonOf(own, 'Require it')), both);
    await own.getByText(both).first().waitFor();
    const setUp = own.getByRole('link', { name: 'Set up 2FA' });
    assert.equal(await setUp.getAttribute('href'), `/account/security/?organization=${at.slug}&page=single-sign-on`);
    await logInAtProvider(page);
    await own.getByText('Linked', { exact: true }).waitFor();
    assert.equal(await descriptionOf(buttonOf(own, 'Require it')), 'Choose a recovery owner first.');
    await own.getByRole('checkbox', { name: recovery.email }).check();
    await own.getByText('If you require it now: 2 of 3 members aren’t linked').waitFor();
    await assertAccessible(page, 'main');
    await tabTo(page, buttonOf(own, 'Require it'));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Require single sign-on?' });
    await dialog.getByText('1 open connection will be closed.').waitFor();
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Require it').click();
    await theirs.getByRole('heading', { name: 'Your access has ended' }).waitFor();
    await own.getByText('Single sign-on is required').waitFor();
    await buttonOf(own, 'Make it optional').click();
    await own.getByText('Single sign-on is optional').waitFor();
  });

  it('shows managers the provider, and switches provisioning on for owners, with a token shown once', async () => {
    const page = await at.open(at.owner, 'provisioning');
    await page.getByText('Activate an identity provider first.').waitFor();
    await activate();
    await page.getByRole('switch', { name: 'Provision members and teams' }).click();
    const dialog = page.getByRole('dialog', { name: 'Connect your identity provider' });
    const [url, token] = [
      await dialog.getByLabel('Base URL', { exact: true }).inputValue(),
      await dialog.getByLabel('Token', { exact: true }).inputValue(),
    ];
    const users = await at.server.request('GET', `${new URL(url).pathname}Users`, { token });
    assert.equal(users.status, 200);
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Copy').click();
    await buttonOf(dialog, 'Copied').waitFor();
    await buttonOf(dialog, 'Done').click();
    await page.getByText(`sntrys_…${token.slice(-4)}`).waitFor();
    await page.getByText('No one yet').waitFor();
    const { memberId } = await at.aMember('member');
    await changeRecords(at.server, await orgId(), (state) => changeFlags(state, memberId, { 'idp:provisioned': true }));
    await page.getByText('0 teams, 1 member').waitFor();
    await assertAccessible(page);
    await page.getByRole('switch', { name: 'Provision members and teams' }).click();
    await page.getByText('Provisioned members stay').waitFor();
    await buttonOf(page.getByRole('dialog'), 'Turn off').click();
    await page.getByLabel('Base URL', { exact: true }).waitFor({ state: 'hidden' });

    const manager = await at.open(await at.aMember('manager'), 'single-sign-on');
    await manager.getByText('Only owners can change this.').waitFor();
    await manager.getByText('127.0.0.1', { exact: true }).waitFor();
    await assertAccessible(manager, 'main');
  });

  it('shows the token for SCIM that an activation creates, and states that a deactivation ends it', async () => {
    await activate();
    await at.asOwner('PUT', '/organizations/:org/auth-provider/', { scim_enabled: true });
    const page = await at.open(at.owner, 'single-sign-on', { width: 1440 });
    await buttonOf(page, 'Deactivate').click();
    const question = page.getByRole('dialog', { name: 'Deactivate 127.0.0.1?' });
    await question.getByText('Provisioning by SCIM ends, and its tokens stop working.').waitFor();
    await buttonOf(question, 'Deactivate').click();
    await buttonOf(page, 'Activate').click();
    const dialog = page.getByRole('dialog', { name: 'Connect your identity provider' });
    const url = await dialog.getByLabel('Base URL', { exact: true }).inputValue();
    const token = await dialog.getByLabel('Token', { exact: true }).inputValue();
    assert.equal((await at.server.request('GET', `${new URL(url).pathname}Users`, { token })).status, 200);
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Done').click();
    await buttonOf(page, 'Deactivate').waitFor();
  });

  it('adds a domain, shows that its record is missing, verifies it, and explains its roles', async () => {
    const { dns } = await consoleDns();
    const domain = `company-${nextNumber()}.example`;
    const page = await at.open(at.owner, 'domains', { width: 390, height: 844 });
    await page.getByRole('heading', { name: 'No domains yet' }).waitFor();
    await tabTo(page, buttonOf(page, 'Add domain'));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Add a domain' });
    await dialog.getByLabel('Domain').fill('not a domain');
    await page.keyboard.press('Enter');
    await dialog.getByText('Enter a domain name, such as example.com.').waitFor();
    await dialog.getByLabel('Role').selectOption('owned');
    await dialog.getByText('Only one organization can own a domain.').waitFor();
    await assertAccessible(page, 'dialog');
    await dialog.getByLabel('Domain').fill(domain);
    await page.keyboard.press('Enter');
    const item = page.getByRole('listitem', { name: domain });
    await item.getByText('Not verified').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    await buttonOf(item, 'Verify now').click();
    await item.getByRole('alert').filter({ hasText: 'doesn’t have this TXT record yet' }).waitFor();
    const name = await item.getByLabel(`Name of the record for ${domain}`, { exact: true }).inputValue();
    dns.setTxt(name, await item.getByLabel(`Value of the record for ${domain}`, { exact: true }).inputValue());
    await buttonOf(item, 'Verify now').click();
    await item.getByText('Verified', { exact: true }).waitFor();
    await item.getByRole('combobox').selectOption('affiliated');
    await eventually(async () => {
      const { body } = await at.asOwner('GET', '/organizations/:org/domains/');
      assert.deepEqual([body[0].role, body[0].status], ['affiliated', 'verified']);
    });
    await buttonOf(item, `Remove ${domain}`).click();
    await buttonOf(page.getByRole('dialog'), 'Remove domain').click();
    await page.getByRole('heading', { name: 'No domains yet' }).waitFor();
  });
});
