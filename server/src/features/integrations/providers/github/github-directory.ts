import { composePaginateRest } from '@octokit/plugin-paginate-rest';
import {
  type Directory,
  type DirectoryConnection,
  DirectoryError,
  type ExternalGroup,
  type ExternalPerson,
  type Notice,
  type OpenDirectory,
  type RawNotice,
} from '../../directories/directory.ts';
import { parseNoticeBody } from '../../directories/notice-body.ts';
import type { GitHubApp } from './github-app.ts';
import { directoryErrorOf } from './github-errors.ts';

/** The name of the stored id of the App's installation, which a second installation replaces. */
export const installationSecret = 'installation';

const pageSize = 100;
/** The events of GitHub after which an organization is read again. */
const readAfter = new Set(['installation', 'member', 'membership', 'organization', 'team']);

/** The people and teams of a GitHub organization that installed the operator's App. */
export class GitHubDirectory implements Directory {
  readonly #app: GitHubApp;

  constructor(app: GitHubApp) {
    this.#app = app;
  }

  async open({ externalId, secrets }: DirectoryConnection, signal: AbortSignal): Promise<OpenDirectory> {
    try {
      const installationId = Number(secrets[installationSecret]);
      const route = 'GET /app/installations/{installation_id}';
      const { data } = await this.#app.octokit.request(route, { installation_id: installationId, request: { signal } });
      const { account, suspended_at } = data;
      if (suspended_at !== null)
        throw new DirectoryError(
          'disconnected',
          'The GitHub App is suspended in the GitHub organization. An owner there can unsuspend it.',
        );
      if (!account || !('login' in account) || String(account.id) !== externalId)
        throw new DirectoryError('disconnected', 'The GitHub App is installed on another GitHub organization.');
      const api = await this.#app.getInstallationOctokit(installationId);
      // The client passes options of a request to the first page of a list only.
      api.hook.before('request', (options) => {
        options.request = { ...options.request, signal };
      });
      return new OpenGitHubOrganization(api, account.login);
    } catch (error) {
      throw directoryErrorOf(error);
    }
  }

  async parseNotice({ body, header }: RawNotice): Promise<Notice | null> {
    const [signature, id, event] = ['x-hub-signature-256', 'x-github-delivery', 'x-github-event'].map(header);
    if (!body || !signature || !id || !event || !(await this.#app.webhooks.verify(body, signature))) return null;
    const { organization, installation }: NoticeBody = parseNoticeBody(body);
    if (!readAfter.has(event)) return { id, externalId: null };
    const externalId = organization?.id ?? installation?.account?.id;
    return { id, externalId: externalId === undefined ? null : String(externalId) };
  }
}

/** The part of GitHub's payloads that is read. The signature proves that GitHub wrote it. */
interface NoticeBody {
  readonly organization?: { readonly id: number } | null;
  readonly installation?: { readonly account?: { readonly id: number } | null } | null;
}

type InstallationApi = Awaited<ReturnType<GitHubApp['getInstallationOctokit']>>;

class OpenGitHubOrganization implements OpenDirectory {
  readonly name: string;
  readonly #api: InstallationApi;

  constructor(api: InstallationApi, name: string) {
    this.#api = api;
    this.name = name;
  }

  async readPeople(): Promise<readonly ExternalPerson[]> {
    return (await this.#read(() => composePaginateRest(this.#api, 'GET /orgs/{org}/members', this.#parameters))).map(personOf);
  }

  async readGroups(): Promise<readonly ExternalGroup[]> {
    const teams = await this.#read(() => composePaginateRest(this.#api, 'GET /orgs/{org}/teams', this.#parameters));
    return teams.map(({ id, slug }) => ({ id: String(id), name: slug }));
  }

  /** Includes the members of child teams, as GitHub does. */
  async readGroupMembers({ name }: ExternalGroup): Promise<readonly ExternalPerson[]> {
    const route = 'GET /orgs/{org}/teams/{team_slug}/members';
    return (await this.#read(() => composePaginateRest(this.#api, route, { ...this.#parameters, team_slug: name }))).map(personOf);
  }

  get #parameters() {
    return { org: this.name, per_page: pageSize };
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      throw directoryErrorOf(error);
    }
  }
}

function personOf({ id, login }: { readonly id: number | bigint; readonly login: string }): ExternalPerson {
  return { id: String(id), name: login };
}
