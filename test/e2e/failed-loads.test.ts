import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { buttonOf, organizationPages } from './organization-pages.ts';
import { chooseInMenu, memberRow } from './pages.ts';

describe('a part of the console whose code failed to load', function () {
  this.timeout(90_000);
  const at = organizationPages();

  /**
   * Fails the requests of the module until the returned function is called. A module with a style
   * sheet is requested twice.
   */
  async function failUntil(page: Page, name: string): Promise<() => Promise<void>> {
    at.allowFault(/Couldn’t load this/);
    const module = new RegExp(`/assets/${name}-[^/]*\\.js$`);
    await page.route(module, (route) => route.abort('connectionreset'));
    return () => page.unroute(module);
  }
  const failure = (page: Page) => page.getByRole('region', { name: 'Notifications' }).getByText('Couldn’t load this.');

  it('opens when the user tries again', async () => {
    const page = await at.open(at.owner, 'members', { isFirst: true });
    const succeed = await failUntil(page, 'help-dialog');
    await buttonOf(page, 'Keyboard shortcuts').click();
    await failure(page).waitFor();
    await succeed();
    await buttonOf(page, 'Keyboard shortcuts').click();
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  });

  it('opens when the user returns to its page', async () => {
    const page = await at.open(at.owner, 'members', { isFirst: true });
    const succeed = await failUntil(page, 'teams-page');
    await page.getByRole('link', { name: 'Teams' }).click();
    await page.getByText('Couldn’t load this page').waitFor();
    await succeed();
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByRole('table', { name: 'Members' }).waitFor();
    await page.getByRole('link', { name: 'Teams' }).click();
    await buttonOf(page, 'Create team').first().waitFor();
  });

  it('appears by itself, if the user has not opened it', async () => {
    const other = await at.aMember('member');
    const page = await at.open(at.owner, 'members', { isFirst: true });
    const succeed = await failUntil(page, 'people-faces');
    await at.open(other, 'members');
    await failure(page).waitFor();
    await succeed();
    await page
      .getByRole('banner')
      .getByRole('button', { name: /viewing|here|other/i })
      .first()
      .waitFor();
  });

  it('keeps the selection, and the bulk action starts when the user tries again', async () => {
    const { email } = await at.aMember('member');
    const page = await at.open(at.owner, 'members', { isFirst: true });
    const checkbox = memberRow(page, email).getByRole('checkbox');
    await checkbox.check();
    const bar = page.getByRole('toolbar', { name: 'Selected members' });
    const succeed = await failUntil(page, 'bulk-host');
    await chooseInMenu(page, buttonOf(bar, 'Change role'), /^Manager/);
    await failure(page).waitFor();
    await succeed();
    assert.ok(await checkbox.isChecked());
    await chooseInMenu(page, buttonOf(bar, 'Change role'), /^Manager/);
    await page.getByRole('region', { name: 'Bulk action' }).getByText('1 member updated.').waitFor();
    assert.equal(await checkbox.isChecked(), false);
  });

  it('keeps the selection, and its bar appears by itself', async () => {
    const { email } = await at.aMember('member');
    const page = await at.open(at.owner, 'members', { isFirst: true });
    const succeed = await failUntil(page, 'bulk-bar');
    const checkbox = memberRow(page, email).getByRole('checkbox');
    await checkbox.check();
    await failure(page).waitFor();
    await succeed();
    assert.ok(await checkbox.isChecked());
    await page.getByRole('toolbar', { name: 'Selected members' }).getByText('1 selected').waitFor();
    assert.ok(await checkbox.isChecked());
  });

  it('does not keep the question about unsaved changes from opening', async () => {
    const page = await at.open(at.owner, 'settings', { isFirst: true });
    const name = page.getByLabel('Name', { exact: true });
    await page.route('**/*.js', (route) => route.abort('connectionreset'));
    await name.fill('Another name');
    await page.getByRole('link', { name: 'Members' }).click();
    const question = page.getByRole('dialog', { name: 'Discard changes to name and slug?' });
    await buttonOf(question, 'Cancel').click();
    assert.equal(await name.inputValue(), 'Another name');
  });
});
