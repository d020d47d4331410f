import type { Page } from 'playwright-core';
import { chromiumMissing, findChromium, visit } from '../support/browser.ts';
import { anAccount } from '../support/log-in.ts';
import { skipBecause } from '../support/skip.ts';
import { consoleServer } from './console-server.ts';
import { hasNoSidewaysScroll, organizationPages } from './organization-pages.ts';
import { assertAccessible } from './pages.ts';

/** Pages and states that no other test opens; each of the others looks at its own page. */
describe('what axe-core finds wrong', function () {
  this.timeout(60_000);

  describe('before one has logged in', () => {
    before(async function () {
      if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    });
    const paths = ['/login/', '/forgot-password/', '/reset-password/', '/verify-email/', '/accept/1/00/', '/operations/', '/api/docs'];
    for (const path of paths) {
      it(`is nothing on ${path}, which fits a phone`, async () => {
        await using visitor = await visit((await consoleServer()).url, path, { width: 360 });
        await visitor.page.getByRole('heading', { level: 1 }).waitFor();
        await hasNoSidewaysScroll(visitor.page);
        await assertAccessible(visitor.page);
      });
    }
  });

  describe('where there is nothing', () => {
    const at = organizationPages();
    const heading = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor();

    it('is nothing on pages without a record', async () => {
      const page = await at.open(at.owner, 'teams', { width: 360 });
      for (const [path, title] of [
        ['teams', 'There are no teams yet'],
        ['projects', 'There are no projects yet'],
        ['invitations', 'No pending invitations'],
        ['tokens', 'There is no token yet'],
      ] as const) {
        await page.goto(new URL(`/organizations/${at.slug}/${path}/`, at.server.url).href);
        await heading(page, title);
        await hasNoSidewaysScroll(page);
        await assertAccessible(page);
      }
      await page.goto(new URL(`/organizations/${at.slug}/members/`, at.server.url).href);
      await page.getByRole('searchbox').fill('nobody at all');
      await heading(page, 'No members found');
      await assertAccessible(page);
    });

    it('is nothing where one has no access, and where there is no page', async () => {
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

    it('is nothing on the list of one’s organizations', async () => {
      await at.server.operate('POST', '/organizations/', { name: 'Another', ownerId: at.owner.id });
      const page = await at.open(at.owner, '/', { width: 360 });
      await page.getByRole('link', { name: /Another/ }).waitFor();
      await hasNoSidewaysScroll(page);
      await assertAccessible(page);
    });
  });
});
