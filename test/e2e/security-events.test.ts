import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible, tabTo } from './pages.ts';

/** The size of a page of events. */
const pageSize = 50;

describe('the page of security events', () => {
  const at = organizationPages();

  const stored = (query: string, count: number) =>
    eventually(async () => {
      const { body } = await at.asOwner('GET', `/organizations/:org/security-events/?per_page=100&${query}`);
      assert.ok(body.rows.length >= count, `${body.rows.length} events`);
    });

  it('shows who did what from where, filters by keyboard, and continues with older events', async () => {
    const manager = await at.aMember('manager');
    for (let number = 0; number <= pageSize; number++) await at.change(manager, { isEarlyAdopter: number % 2 === 0 });
    await stored('event=organization.change', pageSize + 1);
    const page = await at.open(at.owner, 'security-events');
    const table = page.getByRole('table', { name: 'Security events' });
    const newest = table.locator('tbody tr').first();
    await newest.getByText('Organization changed').waitFor();
    await newest.getByText('org.edit').waitFor();
    await newest.getByText('127.0.0.1').or(newest.getByText('::1')).waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Load older events' }).click();
    await eventually(async () => assert.ok(Number(await table.getAttribute('aria-rowcount')) > pageSize + 1, 'no older events'));

    const outcome = page.getByRole('combobox', { name: 'Filter by outcome' });
    await tabTo(page, outcome);
    await outcome.selectOption('failure');
    await page.getByRole('combobox', { name: 'Filter by event' }).selectOption('erasure');
    await page.getByRole('heading', { name: 'No matching events' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await newest.getByText('Organization changed').waitFor();
    await page.getByLabel('Filter by address').fill('192.0.2.1');
    await page.getByRole('heading', { name: 'No matching events' }).waitFor();
  });

  it('explains a failure, and tries again', async () => {
    await stored('', 1);
    const page = await at.open(at.owner, 'members');
    const list = '**/security-events/?**';
    await page.route(list, (route) => route.abort());
    await page.getByRole('link', { name: 'Security events' }).click();
    await page.getByRole('heading', { name: 'Couldn’t load the events' }).waitFor();
    await page.unroute(list);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('table', { name: 'Security events' }).waitFor();
  });

  it('fits a phone, in both themes', async () => {
    await stored('', 1);
    for (const theme of ['light', 'dark'] as const) {
      const page = await at.open(at.owner, 'security-events', { width: 390, height: 844 });
      await page.emulateMedia({ colorScheme: theme });
      await page.getByRole('table', { name: 'Security events' }).waitFor();
      await hasNoSidewaysScroll(page);
      await assertAccessible(page);
    }
  });

  it('stays hidden from everyone but owners', async () => {
    const page = await at.open(await at.aMember('manager'), 'security-events');
    await page.getByRole('heading', { name: 'Only owners can see security events' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Security events' }).count(), 0);
  });
});
