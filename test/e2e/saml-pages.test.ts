import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { markTested } from '../support/auth-providers.ts';
import { TestSamlProvider } from '../support/saml/saml-provider.ts';
import { buttonOf, organizationPages } from './organization-pages.ts';
import { assertAccessible, memberRow } from './pages.ts';

describe('the page of single sign-on with SAML', () => {
  const at = organizationPages();
  let idp: TestSamlProvider;

  before(async () => {
    idp = await TestSamlProvider.start();
  });
  after(() => idp?.stop());

  beforeEach(async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    idp.serviceMetadataUrl = `${at.server.url}/saml/metadata/${body.id}/`;
    idp.person = { nameId: `subject-${at.slug}`, mail: at.owner.email };
  });

  async function choose(page: Page, source: string): Promise<void> {
    await page.getByLabel('Identity provider').selectOption('saml2');
    await page.getByLabel('Enter the provider’s values as').selectOption(source);
  }

  const certificatesOf = async () => {
    const { body } = await at.asOwner('GET', '/organizations/:org/auth-provider/');
    return body.details.certificates as readonly { readonly fingerprint: string; readonly notAfter: string }[];
  };

  it('shows a preview of metadata, tests the provider in another tab, activates it, and links the owner’s account', async () => {
    const page = await at.open(at.owner, 'single-sign-on', { width: 1440 });
    await choose(page, 'xml');
    assert.equal(await page.getByLabel('Entity ID', { exact: true }).inputValue(), idp.serviceMetadataUrl);
    await page.getByLabel('Metadata XML').fill('<EntityDescriptor>');
    await buttonOf(page, 'Preview').click();
    await page.getByRole('alert').filter({ hasText: /\S/ }).first().waitFor();
    await page.getByLabel('Metadata XML').fill(idp.metadata);
    await buttonOf(page, 'Preview').click();
    const preview = page.getByRole('region', { name: 'Metadata preview' });
    await preview.getByText(idp.entityId).waitFor();
    await preview.getByText(`${idp.url}/sso`).waitFor();
    await preview.getByText(/^[0-9A-F:]{95}/).waitFor();
    await preview.getByText(/Valid until \w/).waitFor();
    await assertAccessible(page);
    await page.getByText('More options').click();
    await page.getByLabel('Email', { exact: true }).fill('mail');
    await buttonOf(page, 'Save as a draft').click();
    await page.getByText('A test has to succeed first.').waitFor();

    const opened = page.context().waitForEvent('page');
    await buttonOf(page, 'Test login').click();
    const tab = await opened;
    await tab.getByRole('heading', { name: 'The test succeeded' }).waitFor();
    await tab.close();
    const result = page.getByRole('region', { name: 'Result of the test' });
    await result.getByText('Test succeeded').waitFor();
    await result.getByText(idp.person.nameId, { exact: true }).first().waitFor();
    await result.getByText(at.owner.email).first().waitFor();
    await assertAccessible(page);
    await buttonOf(page, 'Activate').click();
    await page.getByText('Single sign-on is active').waitFor();

    const login = await page.context().newPage();
    await login.goto(`${at.server.url}/auth/login/${at.slug}/`);
    await login.getByRole('button', { name: /^Continue with / }).click();
    await buttonOf(login, 'Link account').click();
    await memberRow(login, at.owner.email).getByText('SSO', { exact: true }).waitFor();
    await login.close();
    await page.getByText('Linked', { exact: true }).waitFor();
  });

  it('reloads the metadata from its URL, and shows the new and the removed certificate with their ends', async () => {
    const page = await at.open(at.owner, 'single-sign-on', { width: 390, height: 844 });
    await choose(page, 'url');
    await page.getByLabel('Metadata URL').fill(`${idp.url}/metadata`);
    await buttonOf(page, 'Save as a draft').click();
    await buttonOf(page, 'Reload metadata').click();
    await page.getByText('The metadata hasn’t changed.').first().waitFor();
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await markTested(at.server, body.id);
    await at.asOwner('PUT', '/organizations/:org/auth-provider/', { active: true });
    const [before] = await certificatesOf();

    await idp.rotate();
    await buttonOf(page, 'Reload metadata').click();
    const changes = page.getByRole('region', { name: 'Changes of the metadata' });
    await changes.getByText('New certificate').waitFor();
    await changes.getByText('Removed certificate').waitFor();
    const [after] = await certificatesOf();
    assert.notEqual(after!.fingerprint, before!.fingerprint);
    for (const { fingerprint } of [before!, after!]) await changes.getByText(fingerprint).waitFor();
    assert.equal(await changes.getByText(/Valid until \w/).count(), 2);
    await page.getByText('Single sign-on is active').waitFor();
    await assertAccessible(page);
    await page.getByLabel('Metadata URL').fill(`${idp.url}/missing`);
    await buttonOf(page, 'Save').waitFor();
    assert.equal(await changes.count(), 0);
  });
});
