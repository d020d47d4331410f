import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, ForeignServer } from '../foreign-server.ts';
import { expandedGroupAnswer, groupAnswer, hookAnswer, memberAnswer, userAnswer } from './gitlab-objects.ts';
import { pageOf } from './gitlab-pages.ts';

const clientId = 'the application of the tests';
const clientSecret = 'the application secret of the tests';
export const gitlabSettings = (url: string) => ({
  GITLAB_CLIENT_ID: clientId,
  GITLAB_CLIENT_SECRET: clientSecret,
  GITLAB_URL: url,
  OUTBOUND_ALLOWED: '127.0.0.1',
});

export const maintainer = 40;
export const owner = 50;

export interface GitLabUser {
  readonly id: number;
  readonly username: string;
  state: 'active' | 'blocked' | 'deactivated';
}

export interface StandInGroup {
  readonly id: number;
  path: string;
  readonly parentId: number | null;
  /** Access levels of the direct members. */
  readonly members: Map<number, number>;
  readonly hooks: Map<number, { readonly url: string; readonly token: string; readonly events: readonly string[] }>;
}

/** One request that goes wrong. Without a status it is only slow. */
interface Misbehaviour {
  readonly path: RegExp;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly delayMs?: number;
}

interface Grant {
  readonly userId: number;
  readonly scope: string;
  access: string | null;
  refresh: string | null;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

const unauthorized: Answer = { status: 401, body: { error: 'invalid_token', error_description: 'Token was revoked.' } };
const notFound: Answer = { status: 404, body: { message: '404 Group Not Found' } };
const forbidden: Answer = { status: 403, body: { message: '403 Forbidden' } };
const invalidGrant: Answer = { status: 400, body: { error: 'invalid_grant', error_description: 'The provided grant is invalid.' } };

/** A stand-in for a GitLab server: its OAuth endpoints and the part of its API that is used. */
export class GitLabStandIn {
  readonly users = new Map<number, GitLabUser>();
  readonly groups = new Map<number, StandInGroup>();
  /** The requests, as `GET /api/v4/groups?page=2`. */
  readonly requests: string[] = [];
  /** Failures of requests. Each is used once, for the first request whose path and query match. */
  readonly next: Misbehaviour[] = [];
  /**
   * Requests that wait. Each entry is used once, for the first request whose path and query match.
   */
  readonly held: { readonly path: RegExp; readonly until: Promise<void> }[] = [];
  /** The seconds until an access token expires. */
  expiresIn = 7_200;
  /** Groups of the free plan have no webhooks. */
  hasGroupHooks = true;
  readonly #codes = new Map<string, { readonly userId: number; readonly query: URLSearchParams }>();
  readonly #grants: Grant[] = [];
  #server!: ForeignServer;
  #issued = 0;

  static async start(): Promise<GitLabStandIn> {
    const standIn = new GitLabStandIn();
    standIn.#server = await ForeignServer.start((request, response) => {
      standIn.#respond(request, response).catch((error: unknown) => send(response, { status: 599, body: { message: String(error) } }));
    });
    return standIn;
  }

  get url(): string {
    return this.#server.url;
  }

  addUser(username: string): GitLabUser {
    const user: GitLabUser = { id: 1 + this.users.size, username, state: 'active' };
    this.users.set(user.id, user);
    return user;
  }

  addGroup(path: string, members: readonly (readonly [GitLabUser, number])[] = [], parent: StandInGroup | null = null): StandInGroup {
    const id = 1_000 + this.groups.size;
    const levels = new Map(members.map(([user, level]) => [user.id, level]));
    const group: StandInGroup = { id, path, parentId: parent?.id ?? null, members: levels, hooks: new Map() };
    this.groups.set(id, group);
    return group;
  }

  /** The URL that the browser is sent to when the user agrees. */
  approve(authorizeUrl: string, user: GitLabUser): URL {
    const { pathname, searchParams: query } = new URL(authorizeUrl);
    const [id, type, method] = ['client_id', 'response_type', 'code_challenge_method'].map((name) => query.get(name));
    if (pathname !== '/oauth/authorize' || id !== clientId || type !== 'code' || method !== 'S256') throw new Error('not a valid request');
    const code = `code${++this.#issued}`;
    this.#codes.set(code, { userId: user.id, query });
    const back = new URL(query.get('redirect_uri')!);
    back.search = new URLSearchParams({ code, state: query.get('state')! }).toString();
    return back;
  }

  /** The tokens that replace the given ones, which end. */
  renew({ refreshToken }: { readonly refreshToken: string }) {
    return this.#tokensOf(this.#grants.find(({ refresh }) => refresh === refreshToken)!);
  }

  /** The tokens of a grant, as if a code had been exchanged. */
  grant(user: GitLabUser, scope = 'api') {
    const grant: Grant = { userId: user.id, scope, access: null, refresh: null };
    this.#grants.push(grant);
    return this.#tokensOf(grant);
  }

  #tokensOf(grant: Grant) {
    const { access_token: accessToken, refresh_token: refreshToken } = this.#issue(grant);
    return { accessToken, refreshToken, expiresAt: Date.now() + this.expiresIn * 1_000 };
  }

  /** The number of connections that have not ended. */
  get liveGrants(): number {
    return this.#grants.filter(({ access, refresh }) => access !== null || refresh !== null).length;
  }

  /** The person revokes the application in GitLab. */
  revokeAll(): void {
    for (const grant of this.#grants) Object.assign(grant, { access: null, refresh: null });
  }

  requestsOf(part: string): string[] {
    return this.requests.filter((request) => request.includes(part));
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const url = new URL(request.url!, this.url);
    this.requests.push(`${request.method} ${request.url}`);
    const held = this.held.find(({ path }) => path.test(request.url!));
    if (held) {
      this.held.splice(this.held.indexOf(held), 1);
      await held.until;
    }
    const misbehaviour = this.next.find(({ path }) => path.test(request.url!));
    if (misbehaviour) {
      this.next.splice(this.next.indexOf(misbehaviour), 1);
      const { status, body = { message: 'unavailable' }, headers, delayMs = 0 } = misbehaviour;
      await sleep(delayMs);
      if (status !== undefined) return send(response, { status, body }, headers);
    }
    if (url.pathname.startsWith('/oauth/')) return send(response, this.#answerOauth(url.pathname, new URLSearchParams(text)));
    const answer = this.#answerApi(request, url, text === '' ? {} : JSON.parse(text));
    if (answer.status !== 200 || !Array.isArray(answer.body)) return send(response, answer);
    const { items, headers } = pageOf(answer.body as { id: number }[], url);
    send(response, { status: 200, body: items }, headers);
  }

  #answerOauth(path: string, form: URLSearchParams): Answer {
    const isApplication = form.get('client_id') === clientId && form.get('client_secret') === clientSecret;
    if (!isApplication) return { status: 401, body: { error: 'invalid_client', error_description: 'Client authentication failed.' } };
    if (path === '/oauth/revoke') {
      const grant = this.#grants.find(({ access, refresh }) => [access, refresh].includes(form.get('token')));
      if (grant) Object.assign(grant, { access: null, refresh: null });
      return { status: 200, body: {} };
    }
    if (form.get('grant_type') === 'refresh_token') {
      const grant = this.#grants.find(({ refresh }) => refresh !== null && refresh === form.get('refresh_token'));
      return grant ? { status: 200, body: this.#issue(grant) } : invalidGrant;
    }
    const code = this.#codes.get(form.get('code') ?? '');
    this.#codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code?.query.get('code_challenge') !== challenge || code.query.get('redirect_uri') !== form.get('redirect_uri')) return invalidGrant;
    const grant: Grant = { userId: code.userId, scope: code.query.get('scope')!, access: null, refresh: null };
    this.#grants.push(grant);
    return { status: 200, body: this.#issue(grant) };
  }

  /** The former tokens of the grant end. */
  #issue(grant: Grant) {
    const issued = ++this.#issued;
    grant.access = `glat-secret-${issued}`;
    grant.refresh = `glrt-secret-${issued}`;
    const created_at = Math.floor(Date.now() / 1_000);
    return { access_token: grant.access, refresh_token: grant.refresh, token_type: 'Bearer', expires_in: this.expiresIn, created_at };
  }

  #answerApi({ method, headers }: IncomingMessage, { pathname, searchParams }: URL, body: Record<string, unknown>): Answer {
    const token = headers.authorization?.replace('Bearer ', '');
    const grant = this.#grants.find(({ access }) => access !== null && access === token);
    const user = grant && this.users.get(grant.userId);
    if (!user) return unauthorized;
    if (user.state !== 'active') return { status: 403, body: { message: '403 Forbidden - Your account has been blocked.' } };
    if (pathname === '/api/v4/user') return { status: 200, body: userAnswer(user) };
    if (grant.scope === 'read_user') return { status: 403, body: { error: 'insufficient_scope', scope: 'api read_api' } };
    if (pathname === '/api/v4/groups') {
      const wanted = Number(searchParams.get('min_access_level') ?? 0);
      const found = [...this.groups.values()].filter((group) => (this.#membersOf(group).get(user.id) ?? 0) >= wanted);
      return { status: 200, body: found.map(groupAnswer) };
    }
    const [, id, rest = ''] = /^\/api\/v4\/groups\/(\d+)(?:\/(.*))?$/.exec(pathname) ?? [];
    const group = this.groups.get(Number(id));
    if (!group || !this.#membersOf(group).has(user.id)) return notFound;
    return this.#answerGroup(group, `${method} ${rest}`, user, grant.scope, body);
  }

  #answerGroup(group: StandInGroup, route: string, user: GitLabUser, scope: string, body: Record<string, unknown>): Answer {
    const members = this.#membersOf(group);
    if (route === 'GET ') return { status: 200, body: expandedGroupAnswer(group) };
    if (route === 'GET descendant_groups') return { status: 200, body: this.#descendantsOf(group).map(groupAnswer) };
    if (route === 'GET members/all') {
      return { status: 200, body: [...members].map(([id, level]) => memberAnswer(this.users.get(id)!, level)) };
    }
    const [, memberId] = /^GET members\/all\/(\d+)$/.exec(route) ?? [];
    if (memberId !== undefined) {
      const level = members.get(Number(memberId));
      return level === undefined ? notFound : { status: 200, body: memberAnswer(this.users.get(Number(memberId))!, level) };
    }
    if (!/^(POST|DELETE) hooks/.test(route)) return notFound;
    if (!this.hasGroupHooks) return notFound;
    if (scope !== 'api' || members.get(user.id) !== owner) return forbidden;
    if (route === 'POST hooks') {
      const id = ++this.#issued;
      const events = Object.keys(body).filter((key) => body[key] === true);
      group.hooks.set(id, { url: String(body.url), token: String(body.token), events });
      return { status: 201, body: hookAnswer(id, group.id, String(body.url)) };
    }
    return group.hooks.delete(Number(route.split('/')[1])) ? { status: 204 } : notFound;
  }

  /** The members of a group and of the groups above it. The highest level counts. */
  #membersOf(group: StandInGroup): Map<number, number> {
    const inherited = group.parentId === null ? new Map<number, number>() : this.#membersOf(this.groups.get(group.parentId)!);
    for (const [id, level] of group.members) inherited.set(id, Math.max(level, inherited.get(id) ?? 0));
    return inherited;
  }

  #descendantsOf({ id }: StandInGroup): StandInGroup[] {
    const children = [...this.groups.values()].filter(({ parentId }) => parentId === id);
    return children.flatMap((child) => [child, ...this.#descendantsOf(child)]);
  }
}

function send(response: ServerResponse, { status, body }: Answer, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
