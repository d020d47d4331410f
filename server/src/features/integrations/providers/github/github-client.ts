import { RequestError } from '@octokit/request-error';
import type { ProviderSettings } from '@rollcall/protocol';
import type { DirectoryConnection, ExternalPerson } from '../../directories/directory.ts';
import { type ConfirmedInstallation, confirmInstallation, confirmPerson } from './confirm-installation.ts';
import { type GitHubApp, openGitHubApp } from './github-app.ts';
import { GitHubDirectory, installationSecret } from './github-directory.ts';
import { directoryErrorOf } from './github-errors.ts';

/** The operator's GitHub App, for the endpoints that connect, read and disconnect organizations. */
export class GitHubClient {
  readonly directory: GitHubDirectory;
  readonly #settings: ProviderSettings<'github'>;
  readonly #app: GitHubApp;
  /** The App for the codes of users. */
  readonly #usersApp: GitHubApp;

  constructor(settings: ProviderSettings<'github'>) {
    this.#settings = settings;
    this.#app = openGitHubApp(settings);
    this.#usersApp = openGitHubApp(settings, 'users');
    this.directory = new GitHubDirectory(this.#app);
  }

  /**
   * The page on which a person chooses the organization to install the App on. GitHub sends `state`
   * back.
   */
  installUrl(state: string): string {
    const { url, appSlug } = this.#settings;
    return `${appsUrl(url)}/${encodeURIComponent(appSlug)}/installations/new?${new URLSearchParams({ state })}`;
  }

  /** The page on which a person authorizes the App. GitHub sends a code and `state` back. */
  authorizeUrl(state: string, redirectUrl: string): string {
    return this.#app.oauth.getWebFlowAuthorizationUrl({ state, redirectUrl }).url;
  }

  /** See `confirmInstallation`. */
  confirmInstallation(code: string, id: number): Promise<ConfirmedInstallation | null> {
    return confirmInstallation(this.#usersApp, this.#settings.url, code, id);
  }

  /** See `confirmPerson`. */
  confirmPerson(code: string): Promise<ExternalPerson | null> {
    return confirmPerson(this.#usersApp, this.#settings.url, code);
  }

  /**
   * Removes the App from the GitHub organization. Resolves also if GitHub no longer has the
   * installation.
   * @throws DirectoryError
   */
  async revoke({ secrets }: DirectoryConnection): Promise<void> {
    const installation_id = Number(secrets[installationSecret]);
    try {
      await this.#app.octokit.request('DELETE /app/installations/{installation_id}', { installation_id });
    } catch (error) {
      if (!(error instanceof RequestError && error.status === 404)) throw directoryErrorOf(error);
    }
  }
}

/**
 * Follows from the address of the API, as in GitHub's client. A GitHub Enterprise Server has its
 * API at `/api/v3`, and the pages of Apps at another path.
 */
function appsUrl(url: string): string {
  const [, host] = /^https:\/\/api\.(github\.com|[^/]+\.ghe\.com)$/.exec(url) ?? [];
  return host === undefined ? `${url.replace(/\/api\/v3$/, '')}/github-apps` : `https://${host}/apps`;
}
