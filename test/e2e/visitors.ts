import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { type Visit, type VisitOptions, visit } from '../support/browser.ts';
import { type Account, anAccount, logIn } from '../support/log-in.ts';
import { nextNumber } from '../support/provision.ts';
import type { TestServer } from '../support/server.ts';
import { isLive } from './pages.ts';

export interface Member extends Account {
  readonly memberId: string;
}

/** An organization with an owner, and the browsers that look at it. */
export class Visitors {
  readonly server: TestServer;
  readonly owner: Account;
  readonly slug: string;
  readonly #visits: Visit[] = [];
  readonly #cookies = new Map<string, string>();

  private constructor(server: TestServer, owner: Account, slug: string) {
    this.server = server;
    this.owner = owner;
    this.slug = slug;
  }

  static async start(server: TestServer): Promise<Visitors> {
    const owner = await anAccount(server);
    const made = await server.operate('POST', '/organizations/', { name: `Org ${nextNumber()}`, ownerId: owner.id });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    return new Visitors(server, owner, made.body.slug);
  }

  async add(orgRole: string): Promise<Member> {
    const account = await anAccount(this.server);
    const added = await this.server.operate('POST', `/organizations/${this.slug}/members/`, { userId: account.id, orgRole });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    return { ...account, memberId: added.body.id };
  }

  /** For whoever needs a second factor to. */
  async logIn(who: Account, otp: string): Promise<void> {
    this.#cookies.set(who.id, await logIn(this.server, who, otp));
  }

  /** By REST, as somebody else would. */
  async call(who: Account, method: string, path: string, body?: unknown) {
    const answer = await this.server.request(method, `/api/0${path}`, { cookie: await this.#cookieOf(who), body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async change(who: Account, changes: object) {
    return this.call(who, 'PUT', `/organizations/${this.slug}/`, changes);
  }

  /** A page of the organization, or of the console where it begins with a slash. */
  async open(who: Account, page: string, options: VisitOptions = {}): Promise<Page> {
    const path = page.startsWith('/') ? page : `/organizations/${this.slug}/${page}/`;
    const visitor = await visit(this.server.url, path, { cookie: await this.#cookieOf(who), ...options });
    this.#visits.push(visitor);
    if (!page.startsWith('/')) await isLive(visitor.page);
    return visitor.page;
  }

  /** The browser itself logs each answer that refuses something: where that is what the test is about, it is no fault. */
  async close({ expectsRefusals = false } = {}): Promise<void> {
    await Promise.all(this.#visits.map((one) => one[Symbol.asyncDispose]()));
    const faults = this.#visits.flatMap((one) => one.faults);
    assert.deepEqual(
      faults.filter((fault) => !(expectsRefusals && fault.startsWith('Failed to load resource'))),
      [],
      'pages log no error and ask no other host',
    );
  }

  async #cookieOf(who: Account): Promise<string> {
    const cookie = this.#cookies.get(who.id) ?? (await logIn(this.server, who));
    this.#cookies.set(who.id, cookie);
    return cookie;
  }
}
