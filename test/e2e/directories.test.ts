import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Page } from 'playwright-core';
import { anIntegration } from '../support/security-records.ts';
import { buttonOf, hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

describe('the page of integrations, for a directory', () => {
  const at = organizationPages();

  /** A GitHub organization that was read, as its reader stores it. */
  async function aDirectory(people: number): Promise<{ readonly id: string; readonly teamId: string }> {
    const { body: org } = await at.asOwner('GET', '/organizations/:org/');
    const { body: team } = await at.asOwner('POST', '/organizations/:org/teams/', { slug: 'platform' });
    const fields = { provider: 'github', name: 'acme', domainName: 'github.com/acme', externalId: `acme-${org.id}` } as const;
    const { id } = await anIntegration(at.server, org.id, fields);
    const reading = {
      name: 'acme',
      people: Array.from({ length: people }, (_, index) => ({ id: String(index), name: `developer-${index}` })),
      groups: [{ id: '7', name: 'backend' }],
      needsConfirmation: [{ teamId: team.id, added: 2, removed: 8, current: 10 }],
    };
    await at.server.services.db
      .insertInto('directory_reads')
      .values({
        integration_id: id,
        organization_id: org.id,
        next_read_at: sql`clock_timestamp() + interval '8 hours'`,
        last_read_at: sql`clock_timestamp() - interval '3 minutes'`,
        drift: JSON.stringify(reading),
      })
      .execute();
    return { id, teamId: team.id };
  }

  for (const theme of ['light', 'dark'] as const) {
    it(`shows a thousand people, in the ${theme} theme, on a phone and a wide screen`, async () => {
      await aDirectory(1_000);
      const page = await at.open(at.owner, 'integrations', { width: 1440, theme });
      await page.getByRole('heading', { name: 'Only at acme (1,000)' }).waitFor();
      await page.getByText('1,000 people at acme, synced 3 minutes ago').waitFor();
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        await hasNoSidewaysScroll(page);
      }
      await page.getByLabel('Search the differences').fill('developer-99');
      await eventuallyRows(page, 11);
    });
  }

  it('maps a person and a team, lets the team follow, and shows the numbers of a large change before it is made', async () => {
    await aDirectory(12);
    const page = await at.open(at.owner, 'integrations', { width: 390 });
    await page.getByRole('heading', { name: 'Only at acme (12)' }).waitFor();
    await assertAccessible(page);
    await buttonOf(page, 'Map developer-3').click();
    await page.getByRole('dialog').getByLabel('Member', { exact: true }).click();
    await page.getByRole('option').first().click();
    await assertAccessible(page, 'dialog');
    await page.getByRole('dialog').getByRole('button', { name: 'Map', exact: true }).click();
    await page.getByRole('heading', { name: 'Only at acme (11)' }).waitFor();
    await page.getByRole('heading', { name: 'Only in this organization (0)' }).waitFor();

    await buttonOf(page, 'Map a team').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Team at GitHub').click();
    await page.getByRole('option', { name: 'backend' }).click();
    await dialog.getByLabel('Team here').click();
    await page.getByRole('option', { name: '#platform' }).click();
    await dialog.getByRole('button', { name: 'Map', exact: true }).click();
    await page.getByLabel('#platform follows backend').click();
    await page.getByRole('dialog').getByText('lose access to its projects').waitFor();
    await buttonOf(page, 'Follow').click();
    await page.getByText('They can’t be added or removed here.').waitFor();
    const [mapping] = (await at.asOwner('GET', '/organizations/:org/teams/?expand=externalTeams')).body.flatMap(
      ({ externalTeams }: { externalTeams?: unknown[] }) => externalTeams ?? [],
    );
    assert.ok(mapping);

    await page.getByText('8 of its 10 members would leave, and 2 would join').first().waitFor();
    await buttonOf(page, 'Review the change to #platform').click();
    await page.getByRole('dialog', { name: 'Change the members of #platform?' }).waitFor();
    await buttonOf(page, 'Remove 8 and add 2').waitFor();
    await assertAccessible(page, 'dialog');
    await hasNoSidewaysScroll(page);
  });
});

async function eventuallyRows(page: Page, count: number): Promise<void> {
  const list = page.getByRole('list', { name: /^Only at acme/ });
  await page.waitForFunction(([element, rows]) => (element as Element).children.length === rows, [
    await list.elementHandle(),
    count,
  ] as const);
}
