import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { codeOf, goodPassword } from '../support/log-in.ts';
import { organizationPages, type Person } from './organization-pages.ts';
import { assertAccessible, tabTo } from './pages.ts';

/** The time from a click in one browser until another one shows the change. */
const liveMsMax = 1_000;

/** The smallest PNG: one pixel. */
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

describe('the settings pages', () => {
  const at = organizationPages();
  let manager: Person;
  beforeEach(async () => {
    manager = await at.aMember('manager');
  });

  const aSwitch = (page: Page, name: string) => page.getByRole('switch', { name, exact: true });
  const isOn = (page: Page, name: string, on: boolean) =>
    eventually(async () => assert.equal(await aSwitch(page, name).getAttribute('aria-checked'), String(on), name), { intervalMs: 20 });

  it('renames the organization, shows errors at the field, and updates every browser’s address', async () => {
    const page = await at.open(at.owner, 'settings');
    const there = await at.open(manager, 'members');
    await page.getByLabel('Slug').fill('api');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: '“api” is reserved. Choose another slug.' }).waitFor();
    await page.getByLabel('Name').fill('Harbor and Pine');
    const slug = `${at.slug}-two`;
    await page.getByLabel('Slug').fill(slug);
    await page.getByText('Links and scripts that use').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await Promise.all([page.waitForURL(`**/organizations/${slug}/settings/`), there.waitForURL(`**/organizations/${slug}/members/`)]);
    await there.getByText('Harbor and Pine').first().waitFor();
    await eventually(async () => assert.equal(await page.getByLabel('Name').inputValue(), 'Harbor and Pine'));
  });

  it('shows both versions when two users edit at once, also if only the server detects it', async () => {
    const page = await at.open(at.owner, 'settings');
    const { slug } = at;
    await page.getByLabel('Name').fill('Mine');
    let refused = 0;
    // The other browser's edit arrives at the server before this one.
    await page.route(`**/api/0/organizations/*/`, async (route) => {
      if (route.request().method() === 'PUT' && refused === 0) await at.change(manager, { name: 'Theirs' });
      const answer = await route.fetch();
      if (answer.status() === 412) refused++;
      await route.fulfill({ response: answer });
    });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'The name changed while you were editing' });
    await dialog.getByText('Theirs', { exact: true }).waitFor();
    assert.equal(refused, 1, 'the server detected the conflict');
    await dialog.getByText('Mine', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Save mine' }).click();
    await eventually(async () => {
      const { body } = await at.as(manager, 'GET', `/organizations/${slug}/`);
      assert.equal(body.name, 'Mine');
    });
  });

  it('shows an uploaded image instead of initials everywhere, and initials again', async () => {
    const page = await at.open(at.owner, 'settings');
    const there = await at.open(manager, 'members');
    await page.getByLabel('Image file').setInputFiles({ name: 'logo.png', mimeType: 'image/png', buffer: pixel });
    const image = there.locator('.rollcall-switcher img.rollcall-avatar');
    await image.waitFor();
    await eventually(async () => assert.equal(await image.evaluate((one) => (one as HTMLImageElement).naturalWidth), 1));
    await page.getByRole('button', { name: 'Use initials' }).click();
    await image.waitFor({ state: 'detached' });
  });

  it('shows settings as text to members who may not change them, and updates them live', async () => {
    const page = await at.open(at.owner, 'settings');
    const there = await at.open(manager, 'settings');
    const role = there.getByText('Default role', { exact: true }).locator('xpath=ancestor::div[contains(@class,"setting-row")]');
    await role.getByText('Member', { exact: true }).waitFor();
    assert.equal(await there.getByRole('combobox', { name: 'Default role' }).count(), 0, 'only owners can change it');
    await page.getByRole('combobox', { name: 'Default role' }).selectOption('manager');
    await role.getByText('Manager', { exact: true }).waitFor();
    await aSwitch(there, 'Allow join requests').click();
    await isOn(page, 'Allow join requests', false);
    await page.getByLabel('Sensitive fields').fill('card\n\niban ');
    await page.getByRole('button', { name: 'Save lists' }).click();
    await eventually(async () => assert.equal(await there.getByLabel('Sensitive fields').inputValue(), 'card\niban'));
    const member = await at.aMember('member');
    const looking = await at.open(member, 'security');
    await looking.getByText('Open membership', { exact: true }).waitFor();
    assert.equal(await looking.getByRole('switch').count(), 0, 'members can only read');
  });

  it('shows the live effect of each flag, and asks before dangerous changes', async () => {
    const { body } = await at.server.operate('POST', `/users/${at.owner.id}/authenticators/`, { type: 'totp' });
    await at.logIn(at.owner, codeOf(body.secret));
    const page = await at.open(at.owner, 'security');
    const there = await at.open(manager, 'security');
    for (const name of ['Open membership', 'Enhanced privacy', 'Allow shared issues', 'Early adopter', 'Members can create projects'])
      await aSwitch(page, name).waitFor();
    await page.getByText('Turning this on locks out 1 member without 2FA.').waitFor();
    await at.aMember('member');
    await page.getByText('Turning this on locks out 2 members without 2FA.').waitFor();
    await aSwitch(page, 'Members can invite people').click();
    await isOn(there, 'Members can invite people', false);
    await aSwitch(page, 'Require two-factor authentication').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('locks out 2 members without 2FA').waitFor();
    await dialog.getByRole('button', { name: 'Require 2FA' }).click();
    await there.getByRole('heading', { name: 'Your access has ended' }).waitFor({ timeout: liveMsMax });
    await page.getByText('Every member has 2FA').waitFor({ state: 'hidden' });
    await isOn(page, 'Require two-factor authentication', true);
  });

  it('closes the confirmation of a flag when another admin makes the same change', async () => {
    const { body } = await at.server.operate('POST', `/users/${at.owner.id}/authenticators/`, { type: 'totp' });
    await at.logIn(at.owner, codeOf(body.secret));
    await at.aMember('member');
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'data' });
    await at.asOwner('POST', `/teams/${at.slug}/data/projects/`, { name: 'warehouse' });
    await at.asOwner('PUT', '/organizations/:org/', { enhancedPrivacy: true });
    const page = await at.open(at.owner, 'security');
    const dangerous = [
      ['Open membership', 'Turn off open membership?', { openMembership: false }],
      ['Enhanced privacy', 'Show email addresses?', { enhancedPrivacy: false }],
      ['Require two-factor authentication', 'Require 2FA?', { require2FA: true }],
    ] as const;
    for (const [name, title, change] of dangerous) {
      await aSwitch(page, name).click();
      await page.getByRole('dialog', { name: title }).waitFor();
      await at.asOwner('PUT', '/organizations/:org/', change);
      await isOn(page, name, Object.values(change)[0]!);
      assert.equal(await page.getByRole('dialog').count(), 0, name);
    }
  });

  it('shows why the server rejects a flag, and links to the fix, which leads back, by keyboard', async () => {
    const page = await at.open(await at.aMember('manager'), 'security');
    await tabTo(page, aSwitch(page, 'Require two-factor authentication'));
    await page.keyboard.press('Space');
    await page.getByRole('alert').filter({ hasText: 'Set up 2FA on your own account first.' }).waitFor();
    await isOn(page, 'Require two-factor authentication', false);
    await tabTo(page, aSwitch(page, 'Enhanced privacy'));
    await page.keyboard.press('Space');
    await isOn(page, 'Enhanced privacy', true);
    await at.aMember('member');
    await page.getByText('Turning this off shows the email addresses of all 4 members to 1 member.').waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await eventually(async () => assert.equal(await page.getByRole('dialog').count(), 0));
    await tabTo(page, page.getByRole('link', { name: 'Set up 2FA' }), 80);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Your account', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Enable' }).click();
    const secret = (await page.getByRole('dialog').locator('code').textContent())!;
    await page.getByLabel('Code').fill(codeOf(secret));
    await page.keyboard.press('Enter');
    await page.getByRole('checkbox', { name: 'I saved them' }).check();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('heading', { name: 'Security & privacy', level: 1 }).waitFor();
  });

  it('deletes an organization after slug and password, warns on every page, and restores it', async () => {
    const page = await at.open(at.owner, 'settings');
    const there = await at.open(manager, 'members');
    await at.server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: new Date(Date.now() - 3 * 60 * 60 * 1_000).toISOString() })
      .where('user_id', '=', at.owner.id)
      .execute();
    await page.getByRole('button', { name: 'Delete organization' }).click();
    const dialog = page.getByRole('dialog');
    assert.ok(await dialog.getByRole('button', { name: 'Delete organization' }).isDisabled(), 'the slug was not typed');
    await page.keyboard.type(at.slug);
    await page.keyboard.press('Enter');
    await page.getByLabel('Password').fill(goodPassword);
    await page.getByRole('button', { name: 'Confirm' }).click();
    const banner = there.getByRole('region', { name: 'Pending deletion' });
    await banner.getByText('in 24 hours').or(banner.getByText('tomorrow')).waitFor();
    await banner.getByText('Owners can restore it.').waitFor();
    assert.equal(await banner.getByRole('button', { name: 'Restore' }).count(), 0, 'only owners can restore it');
    await page.getByRole('region', { name: 'Pending deletion' }).getByRole('button', { name: 'Restore' }).click();
    await banner.waitFor({ state: 'detached' });
  });

  it('has no axe-core violation and fits a phone', async () => {
    await at.as(at.owner, 'POST', `/organizations/${at.slug}/org-auth-tokens/`, { body: { name: 'Deploy' } });
    const page = await at.open(at.owner, 'settings', { width: 360, height: 740 });
    const pages = [
      ['settings', () => aSwitch(page, 'Allow join requests')],
      ['security', () => aSwitch(page, 'Open membership')],
      ['tokens', () => page.getByRole('table', { name: 'Tokens' })],
      ['audit-log', () => page.getByRole('table', { name: 'Audit log' })],
    ] as const;
    for (const [path, shown] of pages) {
      await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
      await shown().waitFor();
      await assertAccessible(page);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} scrolls sideways`);
    }
    await page.goto(new URL('/account/', at.server.url).href);
    await page.getByText('Primary', { exact: true }).waitFor();
    await assertAccessible(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the account scrolls sideways');
  });
});
