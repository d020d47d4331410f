import assert from 'node:assert/strict';
import { anAccount } from '../support/log-in.ts';
import { nextNumber } from '../support/provision.ts';
import { buttonOf, organizationPages } from './organization-pages.ts';
import { assertAccessible, isLive } from './pages.ts';

describe('organizations in the console', () => {
  const pages = organizationPages();

  it('[H-71] lets a user without an organization create one and opens it', async () => {
    const page = await pages.open(await anAccount(pages.server), '/');
    await page.getByText('You’re not in any organization yet').waitFor();
    await buttonOf(page, 'Create organization').click();
    const dialog = page.getByRole('dialog', { name: 'Create an organization' });
    const name = `Harbor & Pine ${nextNumber()}`;
    await dialog.getByLabel('Name').fill(name);
    await assertAccessible(page, 'dialog');
    await buttonOf(dialog, 'Create organization').click();
    await page.waitForURL(/\/organizations\/harbor-pine-\d+\/members\/$/);
    await isLive(page);
    assert.equal(await page.locator('.rollcall-switcher strong').textContent(), name);
  });

  it('[H-71] shows at the field why a slug was rejected, and keeps the form', async () => {
    const page = await pages.open(pages.owner, 'members');
    await page.getByRole('button', { name: /Switch to another/ }).click();
    await page.getByRole('menuitem', { name: 'Create organization' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create an organization' });
    await dialog.getByLabel('Name').fill('Another');
    await dialog.getByLabel('Slug').fill(pages.slug);
    await buttonOf(dialog, 'Create organization').click();
    await dialog.getByRole('alert').filter({ hasText: 'already in use' }).waitFor();
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'Another');
  });

  it('[H-70] marks an organization that is being deleted in the switcher and the list', async () => {
    const other = await pages.server.operate('POST', '/organizations/', { name: `Org ${nextNumber()}`, ownerId: pages.owner.id });
    await pages.as(pages.owner, 'DELETE', `/organizations/${other.body.slug}/`);
    const page = await pages.open(pages.owner, 'members');
    await page.getByRole('button', { name: /Switch to another/ }).click();
    await page.getByRole('menuitemcheckbox', { name: `${other.body.name} Pending deletion` }).waitFor();
    const list = await pages.open(pages.owner, '/');
    await list
      .getByRole('link', { name: new RegExp(other.body.name) })
      .filter({ hasText: 'Pending deletion' })
      .waitFor();
    await assertAccessible(list);
  });

  it('keeps a dialog and its text when another admin renames the organization', async () => {
    const page = await pages.open(pages.owner, 'invitations');
    await buttonOf(page, 'Invite members').first().click();
    const typed = page.getByLabel('Email addresses');
    await typed.pressSequentially('ada@example.com');
    await pages.asOwner('PUT', '/organizations/:org/', { slug: `${pages.slug}-two` });
    await page.waitForURL(`**/organizations/${pages.slug}-two/invitations/`);
    assert.equal(await typed.inputValue(), 'ada@example.com');
    await typed.press('Enter');
    await buttonOf(page, 'Send invitation').click();
    await page.getByRole('dialog').getByText('1 invitation sent.').waitFor();
  });

  it('shows the organization that took the former slug of a renamed one', async () => {
    const page = await pages.open(pages.owner, 'members');
    const { slug } = pages;
    await pages.asOwner('PUT', '/organizations/:org/', { slug: `${slug}-two` });
    await page.waitForURL(`**/organizations/${slug}-two/members/`);
    const name = `Org ${nextNumber()}`;
    const made = await pages.server.operate('POST', '/organizations/', { name, slug, ownerId: pages.owner.id });
    assert.equal(made.body.slug, slug);
    const shown = page.locator('.rollcall-switcher strong');
    for (const [at, title] of [
      [slug, name],
      [`${slug}-two`, await shown.textContent()],
    ]) {
      await page.evaluate((path) => {
        history.pushState(null, '', path);
        dispatchEvent(new PopStateEvent('popstate'));
      }, `/organizations/${at}/members/`);
      await shown.filter({ hasText: title! }).waitFor();
      await isLive(page);
      assert.equal(new URL(page.url()).pathname, `/organizations/${at}/members/`);
    }
  });

  it('[H-70] gives a person the same avatar color in their menu and in the list of members', async () => {
    // With more members, user ids and member ids differ.
    for (let number = 0; number < 3; number++) await pages.aMember('member');
    const page = await pages.open(pages.owner, 'members');
    const row = page.getByRole('table', { name: 'Members' }).getByRole('row').filter({ hasText: pages.owner.email });
    const inList = await row.locator('.rollcall-avatar').getAttribute('data-hue');
    assert.equal(await page.locator('.user-button .rollcall-avatar').getAttribute('data-hue'), inList);
  });
});
