import { createHmac, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { importSPKI, jwtVerify } from 'jose';
import { type GitHubApp, openGitHubApp } from '../../../server/src/features/integrations/providers/github/github-app.ts';
import { readIntegrationSettings } from '../../../server/src/features/integrations/settings.ts';
import { bodyOf, ForeignServer } from '../foreign-server.ts';
import { installationOf, membershipOf, publicUserOf, teamOf, userOf } from './github-objects.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const appId = '4711';
export const webhookSecret = 'the webhook secret of the tests';
export const githubSettings = (url: string) => ({
  GITHUB_APP_ID: appId,
  GITHUB_APP_SLUG: 'rollcall-test',
  GITHUB_APP_PRIVATE_KEY: privateKey,
  GITHUB_APP_CLIENT_ID: 'Iv1.client',
  GITHUB_APP_CLIENT_SECRET: 'the client secret of the tests',
  GITHUB_WEBHOOK_SECRET: webhookSecret,
  GITHUB_URL: url,
});

/** The App at the stand-in's URL, with changed settings. */
export function githubApp(url: string, changed: Partial<ReturnType<typeof githubSettings>> = {}): GitHubApp {
  const none = { PAGERDUTY_URL: '', SLACK_URL: '', GITLAB_URL: '' };
  return openGitHubApp(readIntegrationSettings({ ...none, ...githubSettings(url), ...changed } as never).github!);
}

/** The headers of a notice, which GitHub signs. */
export function noticeHeaders(event: string, body: string, id: string, secret = webhookSecret): Record<string, string> {
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  return { 'X-GitHub-Event': event, 'X-GitHub-Delivery': id, 'X-Hub-Signature-256': signature };
}

export interface GitHubOrganization {
  readonly id: number;
  login: string;
  installationId: number;
  isInstalled: boolean;
  isSuspended: boolean;
  readonly people: Map<number, string>;
  readonly teams: Map<number, { slug: string; readonly people: number[] }>;
}

interface Misbehaviour {
  readonly path: RegExp;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const { definitions, responses } = JSON.parse(readFileSync(new URL('github-schemas.json', import.meta.url), 'utf8')) as {
  readonly definitions: object;
  readonly responses: Readonly<Record<string, object | null>>;
};

/**
 * A stand-in for GitHub's REST API. It fails a test by status 599 if one of its own responses
 * doesn't fit GitHub's description.
 */
export class GitHubStandIn {
  readonly organizations: GitHubOrganization[] = [];
  readonly users = new Map<
    string,
    { readonly id: number; readonly login: string; readonly adminOf: number[]; readonly memberOf: number[] }
  >();
  /** The requests, as `GET /orgs/acme/teams?page=2`. */
  readonly requests: string[] = [];
  /** The address, with its query, to which the page of the App leads after an installation. */
  installedAt = '';
  /**
   * Failures of requests. Each is used once, for the first request that matches, with its method
   * and query.
   */
  readonly next: Misbehaviour[] = [];
  /** Requests that wait. Each entry is used once, for the first request that matches. */
  readonly held: { readonly path: RegExp; readonly until: Promise<void> }[] = [];
  readonly #tokens = new Map<string, { readonly installationId: number } | { readonly code: string }>();
  readonly #ajv = addFormats.default(new Ajv({ strict: false }));
  #server!: ForeignServer;
  #issued = 0;

  /** Lets the next request that matches wait until the returned function is called. */
  hold(path: RegExp): () => void {
    let release = () => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.held.push({ path, until });
    return release;
  }

  static async start(): Promise<GitHubStandIn> {
    const standIn = new GitHubStandIn();
    standIn.#server = await ForeignServer.start((request, response) => {
      standIn.#respond(request, response).catch((error: unknown) => send(response, 599, { message: String(error) }));
    });
    return standIn;
  }

  get url(): string {
    return this.#server.url;
  }

  addOrganization(login: string, people = 0): GitHubOrganization {
    const id = 1_000 + this.organizations.length;
    const organization: GitHubOrganization = {
      ...{ id, login, installationId: id + 50_000, isInstalled: true, isSuspended: false, teams: new Map() },
      people: new Map(Array.from({ length: people }, (_, index) => [id * 1_000 + index, `${login}-${index}`])),
    };
    this.organizations.push(organization);
    return organization;
  }

  /** The tokens of people that have not ended. */
  get userTokens(): number {
    return [...this.#tokens.values()].filter((owner) => 'code' in owner).length;
  }

  /** GitHub also revokes the tokens when the App is removed. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const url = new URL(request.url!, this.url);
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    if (url.pathname === '/github-apps/rollcall-test/installations/new') return this.#showInstallPage(url, response);
    const held = this.held.find(({ path }) => path.test(line));
    if (held) {
      this.held.splice(this.held.indexOf(held), 1);
      await held.until;
    }
    const misbehaviour = this.next.find(({ path }) => path.test(line));
    if (misbehaviour) {
      this.next.splice(this.next.indexOf(misbehaviour), 1);
      return send(response, misbehaviour.status, misbehaviour.body ?? { message: 'unavailable' }, misbehaviour.headers);
    }
    const answer = await this.#answer(request, url, text === '' ? {} : (JSON.parse(text) as Record<string, string>));
    if (answer === null) return send(response, 404, { message: 'Not Found' });
    if (answer.status >= 400) return send(response, answer.status, answer.body);
    if (answer.operation === null) return send(response, answer.status, answer.body);
    const { items, ...page } = Array.isArray(answer.body) ? pageOf(answer.body, url) : { items: answer.body, headers: {} };
    const result = answer.wrap ? answer.wrap(items as unknown[]) : items;
    const schema = responses[`${answer.operation} ${answer.status}`];
    if (schema === undefined || (schema && !this.#ajv.validate({ ...schema, definitions }, result)))
      return send(response, 599, { message: `does not fit GitHub's description: ${answer.operation} ${this.#ajv.errorsText()}` });
    send(response, answer.status, result, page.headers);
  }

  #showInstallPage({ searchParams }: URL, response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(`<h1>Install the App</h1><a href="${this.installedAt}&amp;state=${searchParams.get('state')}">Install</a>`);
  }

  async #answer(request: IncomingMessage, { pathname }: URL, body: Record<string, string>): Promise<Answer | null> {
    const [, credential = ''] = /^(?:bearer|token) (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (pathname === '/login/oauth/access_token') return this.#exchange(body);
    if (pathname.startsWith('/applications/')) return this.#endToken(request, pathname, body);
    if (pathname.startsWith('/app/')) return (await isSignedByApp(credential)) ? this.#answerApp(request.method!, pathname) : unauthorized;
    const token = this.#tokens.get(credential);
    if (!token) return unauthorized;
    return 'code' in token ? this.#answerUser(token.code, pathname) : this.#answerInstallation(token.installationId, pathname);
  }

  #exchange({ client_id, client_secret, code = '' }: Record<string, string>): Answer {
    const { GITHUB_APP_CLIENT_ID, GITHUB_APP_CLIENT_SECRET } = githubSettings(this.url);
    if (client_id !== GITHUB_APP_CLIENT_ID || client_secret !== GITHUB_APP_CLIENT_SECRET || !this.users.has(code)) {
      const error = {
        error: 'bad_verification_code',
        error_description: 'The code passed is incorrect or expired.',
        error_uri: 'about:blank',
      };
      return { operation: null, status: 200, body: error };
    }
    return { operation: null, status: 200, body: { access_token: this.#issue({ code }), token_type: 'bearer', scope: '' } };
  }

  #endToken({ method, headers }: IncomingMessage, path: string, { access_token = '' }: Record<string, string>): Answer | null {
    const { GITHUB_APP_CLIENT_ID: id, GITHUB_APP_CLIENT_SECRET: secret } = githubSettings(this.url);
    if (headers.authorization?.replace(/^basic /i, '') !== Buffer.from(`${id}:${secret}`).toString('base64')) return unauthorized;
    if (method !== 'DELETE' || path !== `/applications/${id}/token` || !this.#tokens.delete(access_token)) return null;
    return { operation: 'DELETE /applications/{client_id}/token', status: 204, body: undefined };
  }

  #answerApp(method: string, path: string): Answer | null {
    const [, id, rest] = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(path) ?? [];
    const organization = this.organizations.find(({ installationId, isInstalled }) => isInstalled && installationId === Number(id));
    if (!organization) return null;
    if (method === 'DELETE') {
      organization.isInstalled = false;
      return { operation: 'DELETE /app/installations/{installation_id}', status: 204, body: undefined };
    }
    if (rest === undefined) {
      return { operation: 'GET /app/installations/{installation_id}', status: 200, body: installationOf(organization, appId) };
    }
    if (organization.isSuspended) return { operation: null, status: 403, body: { message: 'This installation has been suspended' } };
    const body = {
      token: this.#issue({ installationId: organization.installationId }),
      expires_at: inAnHour(),
      permissions: { members: 'read' },
    };
    return { operation: 'POST /app/installations/{installation_id}/access_tokens', status: 201, body };
  }

  #answerInstallation(id: number, path: string): Answer | null {
    const [, login, list, slug] = /^\/orgs\/([^/]+)\/(members|teams)(?:\/([^/]+)\/members)?$/.exec(path) ?? [];
    const organization = this.organizations.find((one) => one.login === login && one.installationId === id);
    if (!organization) return null;
    const peopleOf = (ids: Iterable<number>) => [...ids].map((one) => userOf(one, organization.people.get(one)!));
    if (list === 'members') return { operation: 'GET /orgs/{org}/members', status: 200, body: peopleOf(organization.people.keys()) };
    const teams = [...organization.teams];
    if (slug === undefined) {
      return { operation: 'GET /orgs/{org}/teams', status: 200, body: teams.map(([one, team]) => teamOf(one, team.slug, organization)) };
    }
    const team = teams.find(([, one]) => one.slug === slug)?.[1];
    return team ? { operation: 'GET /orgs/{org}/teams/{team_slug}/members', status: 200, body: peopleOf(team.people) } : null;
  }

  #answerUser(code: string, path: string): Answer | null {
    const user = this.users.get(code)!;
    const canSee = ({ id }: GitHubOrganization) => user.adminOf.includes(id) || user.memberOf.includes(id);
    const visible = this.organizations.filter(canSee);
    if (path === '/user') return { operation: 'GET /user', status: 200, body: publicUserOf(user.id, user.login) };
    if (path === '/user/installations') {
      const body = visible.filter(({ isInstalled }) => isInstalled).map((one) => installationOf(one, appId));
      const wrap = (installations: unknown[]) => ({ total_count: body.length, installations });
      return { operation: 'GET /user/installations', status: 200, body, wrap };
    }
    const login = /^\/user\/memberships\/orgs\/([^/]+)$/.exec(path)?.[1];
    const organization = visible.find((one) => one.login === login);
    if (!organization) return null;
    const role = user.adminOf.includes(organization.id) ? 'admin' : 'member';
    return { operation: 'GET /user/memberships/orgs/{org}', status: 200, body: membershipOf(user, organization, role) };
  }

  #issue(owner: { readonly installationId: number } | { readonly code: string }): string {
    const token = `ghs_secret${++this.#issued}`;
    this.#tokens.set(token, owner);
    return token;
  }
}

interface Answer {
  /**
   * The operation in GitHub's description of its API, with whose schema the response is compared.
   * Null if the description doesn't contain it.
   */
  readonly operation: string | null;
  readonly status: number;
  readonly body: unknown;
  /** The object around a page of items. */
  readonly wrap?: (items: unknown[]) => unknown;
}

const unauthorized: Answer = { operation: null, status: 401, body: { message: 'Bad credentials' } };

function send(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function pageOf(all: readonly unknown[], url: URL) {
  const size = Number(url.searchParams.get('per_page') ?? 30);
  const page = Number(url.searchParams.get('page') ?? 1);
  const items = all.slice((page - 1) * size, page * size);
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  return { items, headers: page * size < all.length ? { Link: `<${next.href}>; rel="next"` } : {} };
}

/** GitHub accepts signatures of at most 10 minutes. */
async function isSignedByApp(token: string): Promise<boolean> {
  try {
    const { payload } = await jwtVerify(token, await importSPKI(publicKey, 'RS256'), {
      algorithms: ['RS256'],
      issuer: appId,
      clockTolerance: 60,
    });
    return payload.exp! - payload.iat! <= 660 && payload.exp! <= Date.now() / 1_000 + 600;
  } catch {
    return false;
  }
}

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString();
}
