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
];
