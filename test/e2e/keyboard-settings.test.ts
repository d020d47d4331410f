import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { visit } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { anAccount, codeOf, goodPassword, logIn } from '../support/log-in.ts';
import { mailsTo, readMails } from '../support/mailbox.ts';
import { passWeek } from '../support/pass-week.ts';
import { nextNumber } from '../support/provision.ts';
import { keyboardOf } from './keyboard.ts';
import { buttonOf, organizationPages } from './organization-pages.ts';
import { assertAccessible, hasFocus } from './pages.ts';

/** The smallest PNG: one pixel. */
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

/** The size of a page of the audit log. */
const auditPageSize = 50;

/**
 * Actions by keyboard that no other test covers. Dialogs and menus that open are checked with
 * axe-core.
 */
describe('settings and account by keyboard', () => {
  const at = organizationPages();
  before(async () => {
    // The first organization of a server cannot be deleted.
    await at.server.operate('POST', '/organizations/', { name: 'The first', ownerId: (await anAccount(at.server)).id });
  });
  const dialogOf = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
  const aSwitch = (page: Page, name: string) => page.getByRole('switch', { name, exact: true });
  const isOn = (page: Page, name: string, on: boolean) =>
    eventually(async () => assert.equal(await aSwitch(page, name).getAttribute('aria-checked'), String(on), name));

  const linkTo = (email: string, pattern: RegExp) =>
    eventually(() => {
      const [path] = readMails(at.server, email).flatMap(({ text }) => pattern.exec(text)?.[0] ?? []);
      assert.ok(path, `a mail to ${email}`);
      return new URL(path, at.server.url).href;
    });

  it('changes every kind of setting, deletes the organization and restores it', async () => {
    const page = await at.open(at.owner, 'settings');
    const { key, type, press, toggle, write, choose } = keyboardOf(page);
    const chooser = page.waitForEvent('filechooser');
    await press(buttonOf(page, 'Upload image'));
    await (await chooser).setFiles({ name: 'logo.png', mimeType: 'image/png', buffer: pixel });
    await press(buttonOf(page, 'Use initials'));
    await buttonOf(page, 'Upload image').waitFor();
    const toast = page.locator('.toast').filter({ hasText: 'Image removed' });
    await press(toast.getByRole('button', { name: 'Dismiss' }));
    await toast.waitFor({ state: 'detached' });
    await write(page.getByLabel('Name'), 'Harbor and Pine');
    await press(buttonOf(page, 'Discard'));
    await write(page.getByLabel('Name'), 'Harbor and Pine');
    await key('Enter');
    await page.getByText('Harbor and Pine').first().waitFor();
    await choose(page.getByRole('combobox', { name: 'Default role' }), 'Manager');
    await eventually(async () => assert.equal(await page.getByRole('combobox', { name: 'Default role' }).inputValue(), 'manager'));
    await toggle(aSwitch(page, 'Allow join requests'));
    await isOn(page, 'Allow join requests', false);
    await write(page.getByLabel('Sensitive fields'), 'iban');
    await press(buttonOf(page, 'Save lists'));
    await buttonOf(page, 'Discard').waitFor({ state: 'detached' });
    await press(buttonOf(page, 'Delete organization'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await type(at.slug);
    await key('Enter');
    const banner = page.getByRole('region', { name: 'Pending deletion' });
    await banner.waitFor();
    await assertAccessible(page);
    await press(buttonOf(banner, 'Restore'));
    await banner.waitFor({ state: 'detached' });
  });

  it('confirms a dangerous flag, and resolves a conflict of two edits', async () => {
    await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'web' });
    await at.asOwner('POST', `/teams/${at.slug}/web/projects/`, { name: 'shop' });
    await at.asOwner('PUT', '/organizations/:org/', { openMembership: false });
    await at.aMember('member');
    const page = await at.open(at.owner, 'security');
    const { press, toggle, write, key } = keyboardOf(page);
    await toggle(aSwitch(page, 'Open membership'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page.getByRole('dialog'), 'Turn on open membership'));
    await isOn(page, 'Open membership', true);
    await press(page.getByRole('link', { name: 'Settings' }));
    await write(page.getByLabel('Name'), 'Mine');
    await at.asOwner('PUT', '/organizations/:org/', { name: 'Theirs' });
    await page.getByText('Theirs').first().waitFor();
    await key('Enter');
    await dialogOf(page, /changed while you were editing/).waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page, 'Save mine'));
    await page.getByText('Mine').first().waitFor();
  });

  it('creates and removes a token, and filters the audit log', async () => {
    await at.asOwner('POST', '/organizations/:org/org-auth-tokens/', { name: 'Deploy', scopes: ['org:ci'] });
    for (let number = 0; number <= auditPageSize; number++) await at.change(at.owner, { isEarlyAdopter: number % 2 === 0 });
    const page = await at.open(at.owner, 'tokens');
    const { key, press, type, choose } = keyboardOf(page);
    await press(buttonOf(page, 'Create token'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await type('Status page');
    await key('Enter');
    await press(buttonOf(page, 'Copy'));
    await buttonOf(page, 'Copied').waitFor();
    await press(buttonOf(page, 'Done'));
    await press(buttonOf(page, 'Remove Deploy'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page, 'Remove token'));
    await buttonOf(page, 'Remove Deploy').waitFor({ state: 'detached' });
    await press(page.getByRole('link', { name: 'Audit log' }));
    const table = page.getByRole('table', { name: 'Audit log' });
    await press(buttonOf(page, 'Load older events'));
    await page.getByText('End of log').waitFor();
    await choose(page.getByRole('combobox', { name: 'Filter by event' }), 'org.create');
    await eventually(async () => assert.equal(await table.getAttribute('aria-rowcount'), '2'));
    await choose(page.getByRole('combobox', { name: 'Filter by person' }), 'An Account');
    await choose(page.getByRole('combobox', { name: 'Filter by time' }), 'Custom');
    await key('Tab');
    assert.ok(await hasFocus(page.getByLabel('First day')), 'the next Tab goes to the days');
    await type('01012001');
    await key('Tab');
    await type('01022001');
    await page.getByRole('heading', { name: 'No matching events' }).waitFor();
    await press(buttonOf(page, 'Clear filters'));
    await table.waitFor();
  });

  it('changes email addresses, password, sessions and API tokens', async () => {
    const elsewhere = await logIn(at.server, at.owner);
    const page = await at.open(at.owner, '/account/');
    const { key, press, write } = keyboardOf(page);
    const email = `second-${nextNumber()}@example.com`;
    await write(page.getByLabel('Add an email address'), email);
    await key('Enter');
    await press(buttonOf(page, `Resend link: ${email}`));
    await mailsTo(at.server, email, readMails(at.server, email)[0]!.subject, 2);
    await page.goto(await linkTo(email, /\/verify-email\/\S+/));
    await press(buttonOf(page, 'Confirm'));
    await page.getByText('Your email address is confirmed.').waitFor();
    await passWeek(at.server, email);
    await page.goto(new URL('/account/', at.server.url).href);
    await press(buttonOf(page, `Make primary: ${email}`));
    await press(buttonOf(page, `Remove: ${at.owner.email}`));
    await buttonOf(page, `Remove: ${at.owner.email}`).waitFor({ state: 'detached' });
    const worksElsewhere = async () => (await at.server.request('GET', '/api/0/organizations/', { cookie: elsewhere })).status === 200;
    assert.ok(await worksElsewhere(), 'the other session is there');
    await press(buttonOf(page, 'Log out'));
    await eventually(async () => assert.ok(!(await worksElsewhere()), 'the other session has ended'));
    await press(buttonOf(page, 'Create token'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await key('Enter');
    await press(buttonOf(page, 'Copy'));
    await press(buttonOf(page, 'Done'));
    await press(page.getByRole('button', { name: /^Remove the token/ }));
    await press(buttonOf(page, 'Remove token'));
    await page.getByRole('button', { name: /^Remove the token/ }).waitFor({ state: 'detached' });
    await write(page.getByLabel('Current password'), goodPassword);
    await write(page.getByLabel('New password'), `${goodPassword} two`);
    await key('Enter');
    await page.getByText('Password changed').first().waitFor();
    await press(buttonOf(page, 'Log out everywhere'));
    await page.getByRole('heading', { name: 'Log in', level: 1 }).waitFor();
  });

  it('enables 2FA, creates new recovery codes, and disables it', async () => {
    const page = await at.open(at.owner, '/account/');
    const { key, type, press, toggle } = keyboardOf(page);
    const saved = page.getByRole('checkbox', { name: 'I saved them' });
    const enrol = async (button: string) => {
      await press(buttonOf(page, button));
      await page.getByRole('img', { name: /QR code/ }).waitFor();
      await type(codeOf((await page.getByRole('dialog').locator('code').textContent())!));
      await key('Enter');
      await toggle(saved);
      await press(buttonOf(page, 'Done'));
    };
    await enrol('Enable');
    await press(buttonOf(page, 'New recovery codes'));
    await dialogOf(page, 'Your recovery codes').waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page, 'Copy'));
    await buttonOf(page, 'Copied').waitFor();
    await toggle(saved);
    await press(buttonOf(page, 'Done'));
    await enrol('Set up another app');
    // Makes the login three hours old.
    await at.server.services.db
      .updateTable('sessions')
      .set({ authenticated_at: new Date(Date.now() - 3 * 60 * 60 * 1_000).toISOString() })
      .where('user_id', '=', at.owner.id)
      .execute();
    await press(buttonOf(page, 'Disable'));
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page, 'dialog');
    await press(buttonOf(page.getByRole('dialog'), 'Disable'));
    await dialogOf(page, 'Confirm it’s you').waitFor();
    await assertAccessible(page, 'dialog:last-of-type');
    await type(goodPassword);
    await key('Enter');
    await buttonOf(page, 'Enable').waitFor();
  });

  it('resets a password, logs in, accepts an invitation, and opens the operations page', async () => {
    await using visitor = await visit(at.server.url, `/organizations/${at.slug}/`);
    const { page } = visitor;
    const { key, type, press, write } = keyboardOf(page);
    await press(page.getByRole('link', { name: 'Forgot your password?' }));
    await write(page.getByLabel('Email address'), at.owner.email);
    await key('Enter');
    await page.getByText('we’ve sent a link to it').waitFor();
    await page.goto(await linkTo(at.owner.email, /\/reset-password\/\S+/));
    await write(page.getByLabel('New password'), goodPassword);
    await key('Enter');
    await page.getByText('Your password was reset.').waitFor();
    await press(page.getByRole('link', { name: 'Log in' }));
    await write(page.getByLabel('Email address'), at.owner.email);
    await key('Tab');
    await type(goodPassword);
    await key('Enter');
    await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
    await page.goto(new URL('/operations/', at.server.url).href);
    await write(page.getByLabel('Operator token'), at.server.operatorToken);
    await key('Enter');
    await page.getByRole('region', { name: 'Instances' }).waitFor();
    await press(buttonOf(page, 'Log out'));
    await page.getByLabel('Operator token').waitFor();
    await page.context().clearCookies();
    const email = `invited-${nextNumber()}@example.com`;
    await at.asOwner('POST', '/organizations/:org/members/', { email });
    await page.goto(await linkTo(email, /\/accept\/\S+/));
    await write(page.getByLabel('Your name'), 'Somebody New');
    await write(page.getByLabel(/^Password/), goodPassword);
    await key('Enter');
    await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
    await at.asOwner('POST', '/organizations/:org/members/', { email: at.owner.email.replace('@', '+two@') });
    await page.goto(await linkTo(at.owner.email.replace('@', '+two@'), /\/accept\/\S+/));
    await page.getByText('You’re already a member').waitFor();
  });
});
