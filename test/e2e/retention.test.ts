import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { endPlanDelay } from '../support/plans.ts';
import { buttonOf, descriptionOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

describe('the retention page', () => {
  const at = organizationPages();

  const auditLog = (page: Page) => page.getByLabel('Audit log, in days');
  const putPlan = async (plan: object) => {
    const { status, body } = await at.server.operate('PUT', `/organizations/${at.slug}/plan/`, plan);
    assert.equal(status, 200, JSON.stringify(body));
  };
  const addOldEntries = (count: number) =>
    sql`
      INSERT INTO audit_entries (organization_id, event, note, data, date_created, is_live)
      SELECT id, 'member.edit', '', '{}', clock_timestamp() - interval '50 days', false
      FROM organizations, generate_series(1, ${count}::integer) WHERE slug = ${at.slug}`.execute(at.server.services.db);

  for (const width of [1440, 390])
    it(`[13.15] counts what a setting removes and confirms it before it is saved, ${width} px wide`, async () => {
      await addOldEntries(1_200);
      const page = await at.open(at.owner, 'retention', { width, height: 844 });
      await page.getByText('Nothing', { exact: true }).waitFor();
      await auditLog(page).fill('30');
      await page.getByText('1,200 entries of the audit log').waitFor();
      await assertAccessible(page);
      await hasNoSidewaysScroll(page);
      await buttonOf(page, 'Save').click();
      const dialog = page.getByRole('dialog', { name: 'Save the retention settings?' });
      await dialog.getByText('Within a day, the server removes 1,200 entries of the audit log. This can’t be undone.').waitFor();
      await assertAccessible(page, 'dialog');
      await buttonOf(dialog, 'Save').click();
      await dialog.waitFor({ state: 'hidden' });
      await page.getByRole('region', { name: 'Due for removal' }).getByText('1,200 entries of the audit log').waitFor();
      const { body } = await at.asOwner('GET', '/organizations/:org/retention/');
      assert.deepEqual([body.auditDays, body.historyDays], [30, null]);
    });

  it('[13.15] shows the server’s errors beside the settings, and saves without a question if nothing is removed', async () => {
    await putPlan({ name: 'Team', retentionDaysMax: 90 });
    const page = await at.open(at.owner, 'retention', { width: 1440 });
    await auditLog(page).fill('91');
    await page.getByText('Your plan keeps at most 90 days.').waitFor();
    assert.match(await descriptionOf(buttonOf(page, 'Save')), /Correct the settings first/);
    await auditLog(page).fill('a month');
    await page.getByText('Enter a number of days, or leave it empty.').waitFor();
    await auditLog(page).fill('60');
    await page.getByText('Nothing', { exact: true }).waitFor();
    await buttonOf(page, 'Save').click();
    await page.getByText('Saved the retention settings').first().waitFor();
    await buttonOf(page, 'Discard').waitFor({ state: 'hidden' });
    assert.equal((await at.asOwner('GET', '/organizations/:org/retention/')).body.auditDays, 60);
  });

  it('[13.15] shows an error of the server about a field that the form does not have', async () => {
    const page = await at.open(at.owner, 'retention', { width: 1440 });
    await auditLog(page).fill('60');
    await page.getByText('Nothing', { exact: true }).waitFor();
    await page.route('**/retention/', (route) =>
      route.request().method() === 'PUT'
        ? route.fulfill({ status: 400, json: { plan: ['The plan has just changed.'] } })
        : route.continue(),
    );
    await buttonOf(page, 'Save').click();
    await page.getByRole('alert').filter({ hasText: 'The plan has just changed.' }).waitFor();
  });

  it('[13.15] shows a smaller plan, what it removes, and a legal hold, before the plan takes effect', async () => {
    await addOldEntries(7);
    await at.asOwner('PUT', '/organizations/:org/retention/', { auditDays: 60 });
    const page = await at.open(at.owner, 'retention', { width: 390, height: 844 });
    await page.getByText('Nothing', { exact: true }).waitFor();
    await putPlan({ name: 'Free', retentionDaysMax: 40 });
    const planned = page.getByText(/^From .*, the plan keeps data for at most 40 days\./);
    await planned.getByText(/This removes 7 entries of the audit log\. Owners can export the data first\./).waitFor();
    const due = page.getByRole('region', { name: 'Due for removal' });
    await due.getByText('The server removes it within two days.').waitFor();
    await due.getByText('7 entries of the audit log').waitFor();
    const counts: string[] = [];
    page.on('request', (request) => void (request.url().includes('/retention/preview/') && counts.push(request.url())));
    await page.reload();
    await planned.getByText(/This removes 7 entries of the audit log\./).waitFor();
    await due.getByText('7 entries of the audit log').waitFor();
    assert.equal(counts.length, 1, 'both places show one count');
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    await endPlanDelay(at.server, (await at.asOwner('GET', '/organizations/:org/')).body.id);
    await page.reload();
    await page.getByText('The plan keeps data for at most 40 days.').waitFor();
    await due.getByText('The server removes it within a day.').waitFor();
    await putPlan({ legalHold: true });
    await page.getByText('has put the organization under legal hold').waitFor();
    await due.getByText('Nothing is removed during the legal hold.').waitFor();
    await hasNoSidewaysScroll(page);
    await assertAccessible(page);
    const settings = await at.open(at.owner, 'settings');
    assert.match(await descriptionOf(buttonOf(settings, 'Delete organization')), /under legal hold/);
  });

  it('[13.15] shows the settings to managers, who can’t change them, and nothing to members', async () => {
    const page = await at.open(await at.aMember('manager'), 'retention');
    await page.getByText('History begins').waitFor();
    assert.equal(await auditLog(page).count(), 0);
    await assertAccessible(page);
    const members = await at.open(await at.aMember('member'), 'retention');
    await members.getByText('Only managers and owners can see the retention settings').waitFor();
  });

  it('[13.16] exports the organization for an owner, who downloads the file', async () => {
    const page = await at.open(at.owner, 'retention', { width: 390, height: 844 });
    await buttonOf(page, 'Export').click();
    const link = page.getByRole('link', { name: 'Download' });
    await link.waitFor();
    await page.getByText(/members and invitations, revision/).waitFor();
    await assertAccessible(page);
    await hasNoSidewaysScroll(page);
    const downloading = page.waitForEvent('download');
    await link.click();
    assert.match((await downloading).suggestedFilename(), /\.jsonl\.gz$/);
    await buttonOf(page, 'Export').click();
    await page.getByText('An organization can be exported once an hour.').waitFor();
  });
});
