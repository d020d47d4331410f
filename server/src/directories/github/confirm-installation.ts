import { composePaginateRest } from '@octokit/plugin-paginate-rest';
import { apiOfUser, type GitHubApp } from './github-app.ts';

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
 * @returns null if that is not so
 * @throws an error of the client
 */
export async function confirmInstallation(app: GitHubApp, url: string, code: string, id: number): Promise<ConfirmedInstallation | null> {
  const { authentication } = await app.oauth.createToken({ code });
  const api = apiOfUser(url, authentication.token);
  const installations = await composePaginateRest(api, 'GET /user/installations', { per_page: 100 });
  const account = installations.find((installation) => installation.id === id)?.account;
  if (!account || !('login' in account) || account.type !== 'Organization') return null;
  const { data } = await api.request('GET /user/memberships/orgs/{org}', { org: account.login });
  if (data.state !== 'active' || data.role !== 'admin') return null;
  return { externalId: String(account.id), name: account.login, domainName: account.html_url.replace(/^https?:\/\//, '') };
}
