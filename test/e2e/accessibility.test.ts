import type { Page } from 'playwright-core';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { anAccount } from '../support/log-in.ts';
import { skipBecause } from '../support/skip.ts';
import { consoleServer } from './console-server.ts';
import { hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

/**
 * Pages and states that no other test opens. Other tests check the accessibility of their own
 * pages.
 */
describe('accessibility of the console’s other pages', () => {
  describe('pages without a login', () => {
    before(async function () {
      if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    });
    const paths = [
      '/login/',
      '/forgot-password/',
      '/reset-password/',
      '/verify-email/',
      '/accept/',
      '/accept/#1.00',
      '/operations/',
      '/api/docs',
    ];
    for (const path of paths) {
      it(`${path} has no axe-core violation and fits a phone`, async () => {
        await using visitor = await visit((await consoleServer()).url, path, { width: 360 });
        await visitor.page.getByRole('heading', { level: 1 }).waitFor();
        await hasNoSidewaysScroll(visitor.page);
        await assertAccessible(visitor.page);
      });
    }
  });

  describe('empty pages', () => {
    const at = organizationPages();
    const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();

    it('pages without records have no axe-core violation', async () => {
      const page = await at.open(at.owner, 'teams', { width: 360 });
      for (const [path, title] of [
        ['teams', 'No teams yet'],
        ['projects', 'No projects yet'],
        ['invitations', 'No pending invitations'],
        ['tokens', 'No tokens yet'],
        ['webhooks', 'No webhooks yet'],
        ['integrations', 'PagerDuty'],
      ] as const) {
        await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
        await heading(page, title);
        await hasNoSidewaysScroll(page);
        await assertAccessible(page);
      }
      await page.goto(new URL(`/organizations/${at.slug}/members/`, at.server.url).href);
      await page.getByRole('searchbox').fill('no such member');
      await heading(page, 'No members found');
      await assertAccessible(page);
    });

    it('the pages for missing access and missing pages have no axe-core violation', async () => {
      const page = await at.open(at.owner, '/organizations/nowhere/', { width: 360 });
      await heading(page, 'You don’t have access');
      await assertAccessible(page);
      await page.goto(new URL(`/organizations/${at.slug}/nowhere/`, at.server.url).href);
      await heading(page, 'Page not found');
      await assertAccessible(page);
      const outsider = await at.open(await anAccount(at.server), '/');
      await heading(outsider, 'You’re not in any organization yet');
      await assertAccessible(outsider);
    });

    it('the list of organizations has no axe-core violation', async () => {
      await at.server.operate('POST', '/organizations/', { name: 'Another', ownerId: at.owner.id });
      const page = await at.open(at.owner, '/', { width: 360 });
      await page.getByRole('link', { name: /Another/ }).waitFor();
      await hasNoSidewaysScroll(page);
      await assertAccessible(page);
    });
  });
});
