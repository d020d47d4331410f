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
  {
    name: 'invitations',
    pathOf: ({ slug }) => `/organizations/${slug}/invitations/`,
    prepare: (page) => page.getByRole('table', { name: 'Invitations' }).waitFor(),
  },
  {
    name: 'invite-members',
    pathOf: ({ slug }) => `/organizations/${slug}/invitations/`,
    async prepare(page) {
      await page.getByRole('table', { name: 'Invitations' }).waitFor();
      await page.getByRole('button', { name: 'Invite members' }).click();
      await page.getByLabel('E-mail addresses').fill('Ada Lovelace <ada@example.org>, grace@example.org\nnew.colleague@example.com');
    },
  },
  {
    name: 'teams',
    pathOf: ({ slug }) => `/organizations/${slug}/teams/`,
    prepare: (page) => page.getByRole('table', { name: 'Teams' }).waitFor(),
  },
  {
    name: 'team-details',
    pathOf: ({ slug }) => `/organizations/${slug}/teams/`,
    prepare: (page) => page.getByRole('link', { name: '#payments: details' }).click(),
  },
  {
    name: 'projects',
    pathOf: ({ slug }) => `/organizations/${slug}/projects/`,
    prepare: (page) => page.getByRole('table', { name: 'Projects' }).waitFor(),
  },
  {
    name: 'project-details',
    pathOf: ({ slug }) => `/organizations/${slug}/projects/`,
    async prepare(page) {
      await page.getByRole('link', { name: 'checkout: details' }).click();
      await page.getByRole('textbox', { name: 'DSN of Default' }).waitFor();
    },
  },
  {
    name: 'project-access',
    pathOf: ({ slug }) => `/organizations/${slug}/projects/`,
    async prepare(page) {
      await page.getByRole('button', { name: 'Who can see warehouse?' }).click();
      await page.getByLabel('Person', { exact: true }).selectOption({ index: 2 });
    },
  },
  {
    name: 'locked',
    pathOf: () => '/organizations/nowhere/',
    prepare: (page) => page.getByRole('heading', { name: /nothing here/ }).waitFor(),
  },
];
