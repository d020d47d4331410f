import type { Page } from 'playwright-core';
import type { Content } from './content.ts';

export interface Shot {
  readonly name: string;
  readonly isPublic?: true;
  pathOf(content: Content): string;
  /** Brings the page to what is to be seen; waits for it. */
  prepare?(page: Page): Promise<unknown>;
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
    name: 'locked',
    pathOf: () => '/organizations/nowhere/',
    prepare: (page) => page.getByRole('heading', { name: /nothing here/ }).waitFor(),
  },
];
