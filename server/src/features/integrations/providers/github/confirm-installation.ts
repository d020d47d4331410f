import { composePaginateRest } from '@octokit/plugin-paginate-rest';
import { RequestError } from '@octokit/request-error';
import type { ExternalPerson } from '../../directories/directory.ts';
import { apiOfUser, type GitHubApp } from './github-app.ts';
import { directoryErrorOf } from './github-errors.ts';

export interface ConfirmedInstallation {
  readonly externalId: string;
  readonly name: string;
  /** `github.com/acme` */
  readonly domainName: string;
}

/**
 * The `installation_id` of the address proves nothing, because anyone can write another one there.
 * The installation is used only if the user who authorized the App administers its organization.
 * @param url of GitHub's API
 * @returns null if GitHub does not confirm that
 * @throws DirectoryError `throttled` or `unavailable`
 */
export async function confirmInstallation(app: GitHubApp, url: string, code: string, id: number): Promise<ConfirmedInstallation | null> {
  try {
    const { authentication } = await app.oauth.createToken({ code });
    const api = apiOfUser(url, authentication.token);
    const installations = await composePaginateRest(api, 'GET /user/installations', { per_page: 100 });
    const account = installations.find((installation) => installation.id === id)?.account;
    if (!account || !('login' in account) || account.type !== 'Organization') return null;
    const { data } = await api.request('GET /user/memberships/orgs/{org}', { org: account.login });
    if (data.state !== 'active' || data.role !== 'admin') return null;
    return { externalId: String(account.id), name: account.login, domainName: account.html_url.replace(/^https?:\/\//, '') };
  } catch (error) {
    const failure = directoryErrorOf(error);
    if (failure.failure !== 'throttled' && isRefusal(error)) return null;
    throw failure;
  }
}

/**
 * The person who authorized the App. Revokes the token afterwards, because nothing else needs it.
 * @param url of GitHub's API
 * @returns null if GitHub does not confirm who that is
 * @throws DirectoryError `throttled` or `unavailable`
 */
export async function confirmPerson(app: GitHubApp, url: string, code: string): Promise<ExternalPerson | null> {
  try {
    const { authentication } = await app.oauth.createToken({ code });
    const { token } = authentication;
    try {
      const { data } = await apiOfUser(url, token).request('GET /user');
      return { id: String(data.id), name: data.login };
    } finally {
      await app.oauth.deleteToken({ token }).catch(() => {});
    }
  } catch (error) {
    const failure = directoryErrorOf(error);
    if (failure.failure !== 'throttled' && isRefusal(error)) return null;
    throw failure;
  }
}

/** GitHub refused the code, or what the user may see. */
function isRefusal(error: unknown): boolean {
  return error instanceof RequestError && error.response !== undefined && error.status >= 400 && error.status < 500;
}
