import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';
import { chromiumMissing, findChromium, type Visit, type VisitOptions, visit } from '../support/browser.ts';
import { type Account, anAccount, logIn } from '../support/log-in.ts';
import { nextNumber } from '../support/provision.ts';
import type { RequestOptions, TestServer } from '../support/server.ts';
import { skipBecause } from '../support/skip.ts';
import { consoleServer } from './console-server.ts';
import { isLive } from './pages.ts';

export interface Person extends Account {
  readonly memberId: string;
}

/** An organization for each test, and browser pages that show it. */
export interface OrganizationPages {
  readonly server: TestServer;
  readonly owner: Account;
  readonly slug: string;
  aMember(orgRole: string, teams?: readonly string[]): Promise<Person>;
  /** Logs in with 2FA. */
  logIn(who: Account, otp: string): Promise<void>;
  /**
   * Opens a page of the organization and waits until it is live, or a page of the console by its
   * path.
   */
  open(who: Account, path: string, options?: VisitOptions): Promise<Page>;
  /** Sends a REST request as the owner. `:org` in `path` stands for the organization. */
  asOwner(method: string, path: string, body?: unknown): ReturnType<TestServer['request']>;
  /** Updates the organization. */
  change(who: Account, changes: object): Promise<unknown>;
  /** Lets the pages of the running test log an error. */
  allowFault(fault: RegExp): void;
  as(who: Account, method: string, path: string, options?: RequestOptions): ReturnType<TestServer['request']>;
}

/** Sets up the tests of a `describe`. */
export function organizationPages(): OrganizationPages {
  let server: TestServer;
  let visits: Visit[] = [];
  let owner: Account;
  let slug: string;
  const cookies = new Map<string, string>();
  let allowed: RegExp[] = [];

  before(async function () {
    if ((await findChromium()) === null) skipBecause(this, chromiumMissing);
    server = await consoleServer();
  });
  beforeEach(async () => {
    owner = await anAccount(server);
    const made = await server.operate('POST', '/organizations/', { name: `Org ${nextNumber()}`, ownerId: owner.id });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    slug = made.body.slug;
  });
  afterEach(async () => {
    await Promise.all(visits.map((one) => one[Symbol.asyncDispose]()));
    // The browser itself logs error responses. Tests of errors check the page instead.
    const isAllowed = (fault: string) => [/^Failed to load resource/, ...allowed].some((one) => one.test(fault));
    const faults = visits.flatMap((one) => one.faults).filter((fault) => !isAllowed(fault));
    visits = [];
    allowed = [];
    assert.deepEqual(faults, [], 'pages log no error and contact no other host');
  });

  async function cookieFor(who: Account): Promise<string> {
    const known = cookies.get(who.id);
    if (known !== undefined) return known;
    const cookie = await logIn(server, who);
    cookies.set(who.id, cookie);
    return cookie;
  }

  const as: OrganizationPages['as'] = async (who, method, path, options = {}) => {
    const answer = await server.request(method, `/api/0${path.replace(':org', slug)}`, { cookie: await cookieFor(who), ...options });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };

  return {
    get server() {
      return server;
    },
    get owner() {
      return owner;
    },
    get slug() {
      return slug;
    },
    as,
    allowFault: (fault) => allowed.push(fault),
    change: (who, body) => as(who, 'PUT', '/organizations/:org/', { body }),
    asOwner: (method, path, body) => as(owner, method, path, { body }),
    async aMember(orgRole, teams = []) {
      const account = await anAccount(server);
      const added = await server.operate('POST', `/organizations/${slug}/members/`, { userId: account.id, orgRole, teams });
      assert.equal(added.status, 201, JSON.stringify(added.body));
      return { ...account, memberId: added.body.id };
    },
    async logIn(who, otp) {
      cookies.set(who.id, await logIn(server, who, otp));
    },
    async open(who, page, options = {}) {
      const path = page.startsWith('/') ? page : `/organizations/${slug}/${page}/`;
      const visitor = await visit(server.url, path, { cookie: await cookieFor(who), ...options });
      visits.push(visitor);
      await visitor.page.getByRole('heading', { level: 1 }).first().waitFor();
      if (!page.startsWith('/')) await isLive(visitor.page);
      return visitor.page;
    },
  };
}

export function rowOf(page: Page, table: string, name: string): Locator {
  return page
    .getByRole('table', { name: table })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
}

export function buttonOf(within: Page | Locator, name: string): Locator {
  return within.getByRole('button', { name, exact: true });
}

/** The accessible description of a control: the reason why it is disabled. */
export async function descriptionOf(control: Locator): Promise<string> {
  return control.evaluate((element) => {
    const ids = (element.getAttribute('aria-describedby') ?? '').split(' ');
    return ids
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ')
      .trim();
  });
}

export async function hasNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content! <= window!, `the page is ${content} px wide in a window of ${window}`);
}
