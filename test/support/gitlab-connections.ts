import assert from 'node:assert/strict';
import type { OrgWithOwner } from './logged-in.ts';
import type { GitLabStandIn, GitLabUser, StandInGroup } from './providers/gitlab.ts';
import type { TestServer } from './server.ts';

/** The steps of a browser that connects a GitLab group. */
export class GitLabBrowser {
  readonly #server: TestServer;
  readonly #gitlab: GitLabStandIn;

  constructor(server: TestServer, gitlab: GitLabStandIn) {
    this.#server = server;
    this.#gitlab = gitlab;
  }

  /** Begins a connection. Returns GitLab's page. */
  async begin({ slug, cookie }: OrgWithOwner): Promise<string> {
    const { status, body } = await this.#server.request('POST', `/api/0/organizations/${slug}/integrations/gitlab/install/`, { cookie });
    assert.equal(status, 200, JSON.stringify(body));
    return body.url;
  }

  /** Opens the page to which GitLab sends the browser back. */
  async open(url: URL | string, cookie: string | undefined) {
    const { pathname, search } = new URL(url, this.#server.url);
    return this.#read(await fetch(`${this.#server.url}${pathname}${search}`, { headers: cookie ? { cookie } : {}, redirect: 'manual' }));
  }

  /** Sends the form of the page on which the group is chosen. */
  async choose(state: string, groupId: number | string, cookie: string | undefined, origin = this.#server.url) {
    const response = await fetch(`${this.#server.url}/extensions/gitlab/group/`, {
      method: 'POST',
      headers: { Origin: origin, ...(cookie ? { cookie } : {}) },
      body: new URLSearchParams({ state, group: String(groupId) }),
      redirect: 'manual',
    });
    return this.#read(response);
  }

  /** Gets to the choice of a group. Returns the state in the form. */
  async reachChoice(org: OrgWithOwner, user: GitLabUser): Promise<string> {
    const { status, text } = await this.open(this.#gitlab.approve(await this.begin(org), user), org.cookie);
    assert.equal(status, 200, text);
    return stateIn(text);
  }

  /** Connects a group. Returns the id of the integration. */
  async connect(org: OrgWithOwner, user: GitLabUser, group: StandInGroup): Promise<string> {
    const { status, text } = await this.choose(await this.reachChoice(org, user), group.id, org.cookie);
    assert.ok(status === 303 || status === 200, text);
    const { body } = await this.#server.request('GET', `/api/0/organizations/${org.slug}/integrations/`, { cookie: org.cookie });
    return body.find(({ externalId }: { externalId: string }) => externalId === String(group.id)).id;
  }

  async #read(response: Response) {
    return { status: response.status, text: await response.text(), headers: response.headers };
  }
}

function stateIn(html: string): string {
  return /name="state" value="([0-9a-f]+)"/.exec(html)![1]!;
}
