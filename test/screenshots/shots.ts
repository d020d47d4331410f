import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { Content } from './content.ts';

export interface Shot {
  readonly name: string;
  readonly isPublic?: true;
  pathOf(content: Content): string;
  /** Brings the page to what is to be seen; waits for it. */
  prepare?(page: Page, content: Content): Promise<unknown>;
}

/** Every page has a row here. */
export const shots: readonly Shot[] = [
  { name: 'log-in', isPublic: true, pathOf: () => '/' },
  { name: 'organizations', pathOf: () => '/', prepare: (page) => page.getByRole('link', { name: /Harbor/ }).waitFor() },
  {
    name: 'members',
    pathOf: ({ slug }) => `/organizations/${slug}/`,
    prepare: (page) => page.getByRole('table', { name: 'Members' }).waitFor(),
  },
  {
    name: 'members-live',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    async prepare(page, { slug, actAsColleague }) {
      await page.getByRole('status').filter({ hasText: 'Live' }).waitFor();
      const link = page.getByRole('link', { name: /^Dmitri Haddad/ });
      const id = (await link.getAttribute('href'))!.split('/').at(-2);
      const { body } = (await actAsColleague('GET', `/organizations/${slug}/members/${id}/`)) as { body: { orgRole: string } };
      await actAsColleague('PUT', `/organizations/${slug}/members/${id}/`, { orgRole: body.orgRole === 'admin' ? 'member' : 'admin' });
      await page.locator('[data-changed]').first().waitFor();
      await page.getByRole('status').getByRole('button').click();
      await page.getByText('Changes by others').waitFor();
    },
  },
  {
    name: 'navigation',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    async prepare(page) {
      const menu = page.getByRole('button', { name: 'Menu', exact: true });
      await page.getByRole('table').waitFor();
      if (await menu.isVisible()) await menu.click();
      await page.getByRole('button', { name: /^Your account/ }).click();
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'member-details',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    prepare: (page) => page.getByRole('link', { name: /^Bram Visser/ }).click(),
  },
  {
    name: 'members-chosen',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    async prepare(page) {
      for (const number of [2, 3, 5]) await page.getByRole('checkbox').nth(number).check();
      await page.getByRole('button', { name: 'Set role' }).click();
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'members-none-found',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    prepare: (page) => page.getByRole('searchbox').fill('role:owner has2fa:maybe'),
  },
  { name: 'account', pathOf: () => '/account/', prepare: (page) => page.getByText('This one').waitFor() },
  {
    name: 'operations',
    pathOf: () => '/operations/',
    async prepare(page, { slug, operatorToken, actAsColleague }) {
      const follower = await page.context().newPage();
      await follower.goto(new URL(`/organizations/${slug}/`, page.url()).href);
      await page.getByLabel('Operator’s token').fill(operatorToken);
      await page.getByRole('button', { name: 'Show' }).click();
      for (let round = 0; round < 4; round++) {
        await page.waitForResponse(/\/instances\//);
        for (let change = 0; change <= round; change++) await actAsColleague('POST', `/organizations/${slug}/teams/`, { slug: newSlug() });
      }
      await page.getByRole('img', { name: /^Commit to delivery, .*ms$/ }).waitFor();
      await follower.close();
    },
  },
  {
    name: 'locked',
    pathOf: () => '/organizations/nowhere/',
    prepare: (page) => page.getByRole('heading', { name: /nothing here/ }).waitFor(),
  },
];

function newSlug(): string {
  return `team-${randomUUID().slice(0, 8)}`;
}
