import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { importMembers } from '../support/large.ts';
import { goodPassword } from '../support/log-in.ts';
import { readMails } from '../support/mailbox.ts';
import { passWeek } from '../support/pass-week.ts';
import { nextNumber } from '../support/provision.ts';
import { organizationPages } from './organization-pages.ts';
import { assertAccessible, chooseOption, tabTo } from './pages.ts';

/** The size of a page of the audit log. */
const auditPageSize = 50;
/** The newest entries of the audit log that the client has. */
const liveEntriesMax = 200;

describe('the tokens, audit log and account pages', () => {
  const at = organizationPages();

  it('creates a token by keyboard, shows it once, and updates the other browser', async () => {
    const manager = await at.aMember('manager');
    const page = await at.open(manager, 'tokens');
    const there = await at.open(at.owner, 'tokens');
    await there.getByRole('heading', { name: 'No tokens yet' }).waitFor();
    await tabTo(page, page.getByRole('button', { name: 'Create token' }));
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.type('Deploy pipeline');
    await tabTo(page, page.getByRole('checkbox', { name: 'org:read' }));
    await page.keyboard.press('Space');
    const beyond = page.getByRole('checkbox', { name: 'org:admin' });
    await tabTo(page, beyond);
    await page.keyboard.press('Space');
    assert.equal(await beyond.isChecked(), false, 'a manager cannot give org:admin');
    await page.keyboard.press('Enter');
    const shown = page.getByRole('dialog', { name: 'Your new token “Deploy pipeline”' });
    const text = await shown.getByLabel('Token', { exact: true }).inputValue();
    assert.match(text, /^sntrys_/);
    await page.getByText('You won’t be able to see this token again.').waitFor();
    await assertAccessible(page);
    const copy = shown.getByRole('button', { name: 'Copy' });
    await tabTo(page, copy);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await shown.waitFor({ state: 'detached' });
    assert.ok(!(await page.content()).includes(text), 'the page contains none of its data');

    const row = there.getByRole('row').filter({ has: there.getByRole('rowheader', { name: 'Deploy pipeline' }) });
    await row.getByText('Never', { exact: true }).waitFor();
    const used = await at.server.request('GET', `/api/0/organizations/${at.slug}/`, { token: text });
    assert.equal(used.status, 200);
    await there.reload();
    await row.getByText('just now').waitFor();
    await there.getByRole('button', { name: 'Remove Deploy pipeline' }).click();
    await there.getByRole('button', { name: 'Remove token' }).click();
    await page.getByRole('heading', { name: 'No tokens yet' }).waitFor();
    assert.equal((await at.server.request('GET', `/api/0/organizations/${at.slug}/`, { token: text })).status, 401);
  });

  it('shows events live with old and new values, and filters by event, person and time', async () => {
    const manager = await at.aMember('manager');
    for (let number = 0; number <= auditPageSize; number++) await at.change(manager, { isEarlyAdopter: number % 2 === 0 });
    const page = await at.open(at.owner, 'audit-log');
    const table = page.getByRole('table', { name: 'Audit log' });
    await at.change(manager, { allowMemberInvite: false });
    const newest = table.locator('tbody tr').first();
    await newest.getByText('Members can invite people').waitFor();
    await newest.getByText('On', { exact: true }).waitFor();
    await newest.getByText('Off', { exact: true }).waitFor();
    assert.match((await newest.locator('time').getAttribute('title'))!, /\d{4}, \d+:\d\d:\d\d/);

    const event = page.getByRole('combobox', { name: 'Filter by event' });
    await event.selectOption('org.edit');
    await page.getByRole('button', { name: 'Load older events' }).click();
    await page.getByText('End of log').waitFor();
    assert.equal(await table.getAttribute('aria-rowcount'), String(auditPageSize + 2 + 1), 'each entry once, and the header');
    await event.selectOption('org.create');
    await eventually(async () => assert.equal(await table.getAttribute('aria-rowcount'), '2'));
    await chooseOption(page, page.getByRole('combobox', { name: 'Filter by person' }), manager.email);
    await page.getByRole('heading', { name: 'No matching events' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('combobox', { name: 'Filter by time' }).selectOption('days');
    await page.getByLabel('Last day').fill('2001-01-01');
    await page.getByRole('heading', { name: 'No matching events' }).waitFor();
  });

  it('shows all events, even if more happen at once than the live state contains', async () => {
    const manager = await at.aMember('manager');
    const page = await at.open(at.owner, 'audit-log');
    const table = page.getByRole('table', { name: 'Audit log' });
    await page.getByText('End of log.', { exact: true }).waitFor();
    const before = Number(await table.getAttribute('aria-rowcount'));
    for (let number = 0; number < liveEntriesMax + 10; number++) await at.change(manager, { isEarlyAdopter: number % 2 === 0 });
    const older = page.getByRole('button', { name: 'Load older events' });
    await eventually(
      async () => {
        if (await older.isVisible()) await older.click();
        assert.equal(await table.getAttribute('aria-rowcount'), String(before + liveEntriesMax + 10));
      },
      { timeoutMs: 30_000 },
    );
    await page.getByText('End of log.', { exact: true }).waitFor();
  });

  it('[H-69] shows an import as one event with its totals, and explains this at the end of the log', async () => {
    const page = await at.open(at.owner, 'audit-log');
    const table = page.getByRole('table', { name: 'Audit log' });
    await table.waitFor();
    await page.getByText('End of log.', { exact: true }).waitFor();
    const before = Number(await table.getAttribute('aria-rowcount'));
    const { body } = await at.asOwner('GET', '/organizations/:org/');
    await importMembers(at.server, { id: body.id }, 400);
    const newest = table.locator('tbody tr').first();
    await newest.getByText(/^Members added/).waitFor();
    await newest.getByText('400', { exact: true }).waitFor();
    assert.equal(Number(await table.getAttribute('aria-rowcount')), before + 1, 'one entry for 400 members');
    await page.getByText('End of log. An import is listed as one event with its totals.').waitFor();
    await page.reload();
    await newest.getByText('400', { exact: true }).waitFor();
  });

  it('hides the audit log from members', async () => {
    const page = await at.open(await at.aMember('member'), 'audit-log');
    await page.getByRole('heading', { name: 'Only managers and owners can see the audit log' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Audit log' }).count(), 0);
  });

  it('adds an email address, confirms it by email, and makes it primary', async () => {
    const page = await at.open(at.owner, '/account/');
    const email = `second-${nextNumber()}@example.com`;
    await page.getByLabel('Add an email address').fill('nothing');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Add an email address').fill(email);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const primary = page.getByRole('button', { name: `Make primary: ${email}` });
    assert.ok(await primary.isDisabled(), 'the address is not confirmed');
    const [mail] = await eventually(() => {
      const mails = readMails(at.server, email);
      assert.equal(mails.length, 1);
      return mails;
    });
    const link = new URL(/https?:\/\/\S+\/verify-email\/\S+/.exec(mail!.text)![0]);
    await page.goto(new URL(link.pathname + link.hash, at.server.url).href);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('Your email address is confirmed.').waitFor();
    await page.goto(new URL('/account/', at.server.url).href);
    await page.getByText(/^New address\. It can’t be used to reset your password until/).waitFor();
    assert.ok(await primary.isDisabled(), '[H-13] the address is new');
    await passWeek(at.server, email);
    await page.reload();
    await primary.click();
    await page.getByRole('button', { name: `Remove: ${at.owner.email}` }).waitFor();
    await page
      .getByRole('button', { name: /^Your account/ })
      .filter({ hasText: email })
      .waitFor();
  });

  it('changes the password, and creates and removes an API token', async () => {
    const page = await at.open(at.owner, '/account/');
    await page.getByLabel('Current password').fill('not it at all');
    await page.getByLabel('New password').fill(`${goodPassword} two`);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('alert').filter({ hasText: 'Wrong password.' }).waitFor();
    await page.getByLabel('Current password').fill(goodPassword);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed').first().waitFor();
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByLabel('Name').fill('Script');
    await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
    const token = await page.getByLabel('Token', { exact: true }).inputValue();
    const seen = await at.server.request('GET', `/api/0/organizations/${at.slug}/members/`, { token });
    assert.equal(seen.status, 200);
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Remove Script' }).click();
    await page.getByRole('button', { name: 'Remove token' }).click();
    await page.getByRole('button', { name: 'Remove Script' }).waitFor({ state: 'detached' });
    assert.equal((await at.server.request('GET', `/api/0/organizations/${at.slug}/members/`, { token })).status, 401);
  });
});
