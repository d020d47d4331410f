import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { Content } from './content.ts';

export interface Shot {
  readonly name: string;
  readonly isPublic?: true;
  pathOf(content: Content): string;
  /** Brings the page to the state to be shown, and waits for it. */
  prepare?(page: Page, content: Content): Promise<unknown>;
}

/** Every page has a row here. */
export const shots: readonly Shot[] = [
  { name: 'log-in', isPublic: true, pathOf: () => '/' },
  { name: 'forgot-password', isPublic: true, pathOf: () => '/forgot-password/' },
  { name: 'reset-password', isPublic: true, pathOf: () => '/reset-password/' },
  { name: 'verify-email', pathOf: () => '/verify-email/' },
  { name: 'accept', isPublic: true, pathOf: ({ invitePath }) => invitePath },
  { name: 'accept-invalid', isPublic: true, pathOf: () => '/accept/#1.00' },
  { name: 'api-docs', isPublic: true, pathOf: () => '/api/docs' },
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
    async prepare(page) {
      await page.getByRole('link', { name: /^Bram Visser/ }).click();
      await page.getByRole('dialog', { name: 'Bram Visser' }).waitFor();
    },
  },
  {
    name: 'members-chosen',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    async prepare(page) {
      for (const number of [2, 3, 5]) await page.getByRole('checkbox').nth(number).check();
      await page.getByRole('button', { name: 'Change role' }).click();
      await page.getByRole('menu').waitFor();
    },
  },
  {
    name: 'members-results',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    async prepare(page) {
      for (const number of [1, 2, 3, 5]) await page.getByRole('checkbox').nth(number).check();
      await page.getByRole('button', { name: 'Add to team' }).click();
      await page.getByRole('option', { name: '#data' }).click();
      await page.getByText(/members added to #data/).waitFor();
    },
  },
  {
    name: 'members-none-found',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    prepare: (page) => page.getByRole('searchbox').fill('somebody else'),
  },
  {
    name: 'settings',
    pathOf: ({ slug }) => `/organizations/${slug}/settings/`,
    prepare: (page) => page.getByRole('switch', { name: 'Allow join requests' }).waitFor(),
  },
  {
    name: 'settings-rename',
    pathOf: ({ slug }) => `/organizations/${slug}/settings/`,
    async prepare(page) {
      await page.getByLabel('Slug').fill('api');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: 'settings-end',
    pathOf: ({ slug }) => `/organizations/${slug}/settings/`,
    prepare: (page) => page.getByRole('button', { name: 'Delete organization' }).scrollIntoViewIfNeeded(),
  },
  {
    name: 'security',
    pathOf: ({ slug }) => `/organizations/${slug}/security/`,
    prepare: (page) => page.getByRole('switch', { name: 'Open membership' }).waitFor(),
  },
  {
    name: 'security-confirm',
    pathOf: ({ slug }) => `/organizations/${slug}/security/`,
    async prepare(page) {
      await page.getByRole('switch', { name: 'Open membership' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'single-sign-on',
    pathOf: ({ slug }) => `/organizations/${slug}/single-sign-on/`,
    async prepare(page) {
      await page.getByLabel('Identity provider').selectOption('okta');
      await page.getByRole('region', { name: '3. Enter the provider’s values' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'domains',
    pathOf: ({ slug }) => `/organizations/${slug}/domains/`,
    async prepare(page) {
      await page.getByRole('button', { name: 'Add domain' }).click();
      await page.getByRole('dialog').getByLabel('Domain').fill('harbor.example');
    },
  },
  {
    name: 'provisioning',
    pathOf: ({ slug }) => `/organizations/${slug}/provisioning/`,
    prepare: (page) => page.getByText('Activate an identity provider first.').waitFor(),
  },
  {
    name: 'retention',
    pathOf: ({ slug }) => `/organizations/${slug}/retention/`,
    prepare: (page) => page.getByText('History begins').waitFor(),
  },
  {
    name: 'ip-addresses',
    pathOf: ({ slug }) => `/organizations/${slug}/ip-addresses/`,
    async prepare(page) {
      await page.getByRole('button', { name: 'Add my address' }).click();
      for (const [cidr, description] of [
        ['203.0.113.0/24', 'Office in Rotterdam'],
        ['2001:db8:1234:5678::/64', 'VPN'],
      ] as const) {
        await page.getByRole('button', { name: 'Add address' }).first().click();
        await page.getByLabel('Address or network').fill(cidr);
        await page.getByLabel('Description').fill(description);
        await page.getByRole('button', { name: 'Add', exact: true }).click();
        await page.getByRole('row', { name: cidr }).waitFor();
      }
      await page.getByRole('switch').click();
      await page.getByRole('list', { name: 'Connected addresses' }).getByText('Included', { exact: true }).first().waitFor();
    },
  },
  {
    name: 'webhooks',
    pathOf: ({ slug }) => `/organizations/${slug}/webhooks/`,
    async prepare(page) {
      await page.getByRole('button', { name: 'Add webhook' }).click();
      await page.getByRole('dialog').getByLabel('URL').fill('https://hooks.harbor.example/rollcall');
    },
  },
  {
    name: 'tokens',
    pathOf: ({ slug }) => `/organizations/${slug}/tokens/`,
    prepare: (page) => page.getByRole('table', { name: 'Tokens' }).waitFor(),
  },
  {
    name: 'token-create',
    pathOf: ({ slug }) => `/organizations/${slug}/tokens/`,
    async prepare(page) {
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByLabel('Name').fill('Status page');
    },
  },
  {
    name: 'token-shown',
    pathOf: ({ slug }) => `/organizations/${slug}/tokens/`,
    async prepare(page) {
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByLabel('Name').fill('Status page');
      await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
      await page.getByLabel('Token', { exact: true }).waitFor();
    },
  },
  {
    name: 'settings-conflict',
    pathOf: ({ slug }) => `/organizations/${slug}/settings/`,
    async prepare(page, { slug, actAsColleague }) {
      await page.getByLabel('Name').fill('Harbor, Pine & Sons');
      await actAsColleague('PUT', `/organizations/${slug}/`, { name: 'Harbor & Pine Ltd' });
      await page.getByText('Harbor & Pine Ltd').first().waitFor({ state: 'attached' });
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('dialog').waitFor();
      await actAsColleague('PUT', `/organizations/${slug}/`, { name: 'Harbor & Pine' });
    },
  },
  {
    name: 'audit-log',
    pathOf: ({ slug }) => `/organizations/${slug}/audit-log/`,
    prepare: (page) => page.getByRole('table', { name: 'Audit log' }).waitFor(),
  },
  {
    name: 'security-events',
    pathOf: ({ slug }) => `/organizations/${slug}/security-events/`,
    prepare: (page) => page.getByRole('table', { name: 'Security events' }).waitFor(),
  },
  { name: 'account', pathOf: () => '/account/', prepare: (page) => page.getByText('This device').waitFor() },
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
      await page.getByLabel('Email addresses').fill('Ada Lovelace <ada@example.org>, grace@example.org\nnew.colleague@example.com');
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
      await page.getByRole('button', { name: 'Check access to warehouse' }).click();
      await page.getByLabel('Person', { exact: true }).click();
      await page.getByRole('listbox').getByRole('option').nth(2).click();
    },
  },
  {
    name: 'operations',
    pathOf: () => '/operations/',
    async prepare(page, { slug, operatorToken, actAsColleague }) {
      const follower = await page.context().newPage();
      await follower.goto(new URL(`/organizations/${slug}/`, page.url()).href);
      await page.getByLabel('Operator token').fill(operatorToken);
      await page.getByRole('button', { name: 'Open' }).click();
      for (let round = 0; round < 4; round++) {
        await page.waitForResponse(/\/instances\//);
        for (let change = 0; change <= round; change++) await actAsColleague('POST', `/organizations/${slug}/teams/`, { slug: newSlug() });
      }
      await page.getByRole('img', { name: /^Commit to delivery, .*ms$/ }).waitFor();
      await follower.close();
    },
  },
  { name: 'operations-entry', isPublic: true, pathOf: () => '/operations/' },
  ...['invitations', 'teams', 'projects', 'tokens'].map((page) => ({
    name: `${page}-none`,
    pathOf: () => `/organizations/lighthouse/${page}/`,
    prepare: (opened: Page) => opened.getByRole('heading', { level: 2 }).waitFor(),
  })),
  {
    name: 'shortcuts',
    pathOf: ({ slug }) => `/organizations/${slug}/members/`,
    async prepare(page) {
      await page.getByRole('table').waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'second-factor',
    pathOf: () => '/account/',
    async prepare(page) {
      await page.getByRole('button', { name: 'Enable' }).click();
      await page.getByRole('img', { name: /QR code/ }).waitFor();
    },
  },
  {
    name: 'team-remove',
    pathOf: ({ slug }) => `/organizations/${slug}/teams/`,
    async prepare(page) {
      await page.getByRole('link', { name: '#security: details' }).click();
      await page.getByRole('button', { name: 'Remove team' }).click();
      await page.getByLabel(/to confirm/).waitFor();
    },
  },
  {
    name: 'not-found',
    pathOf: ({ slug }) => `/organizations/${slug}/nowhere/`,
    prepare: (page) => page.getByRole('heading', { name: 'Page not found' }).waitFor(),
  },
  {
    name: 'locked',
    pathOf: () => '/organizations/nowhere/',
    prepare: (page) => page.getByRole('heading', { name: 'You don’t have access' }).waitFor(),
  },
  {
    name: 'deletion',
    pathOf: () => '/organizations/lighthouse/settings/',
    async prepare(page, { actAsOwner }) {
      await actAsOwner('DELETE', '/organizations/lighthouse/');
      await page.getByRole('region', { name: 'Pending deletion' }).waitFor();
    },
  },
];

function newSlug(): string {
  return `team-${randomUUID().slice(0, 8)}`;
}
