import type { GitHubOrganization } from './github.ts';

/** The objects of GitHub's REST API. The stand-in compares them with GitHub's description. */

const api = 'https://api.github.com';
const web = 'https://github.com';

export function userOf(id: number, login: string, type = 'User') {
  const url = `${api}/users/${login}`;
  const links = ['followers', 'subscriptions', 'organizations', 'repos', 'received_events'].map((name) => [
    `${name}_url`,
    `${url}/${name}`,
  ]);
  return {
    ...{ id, login, node_id: `node${id}`, avatar_url: `${web}/${login}.png`, gravatar_id: '', url, html_url: `${web}/${login}` },
    ...Object.fromEntries(links),
    ...{
      following_url: `${url}/following{/other_user}`,
      gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`,
    },
    ...{ events_url: `${url}/events{/privacy}`, type, site_admin: false },
  };
}

/** The person who owns a token, as others see them. */
export function publicUserOf(id: number, login: string) {
  const at = '2026-01-01T00:00:00Z';
  return {
    ...userOf(id, login),
    ...{ user_view_type: 'public', name: null, company: null, blog: null, location: null, email: null, hireable: null, bio: null },
    ...{ public_repos: 0, public_gists: 0, followers: 0, following: 0, created_at: at, updated_at: at },
  };
}

export function teamOf(id: number, slug: string, { login }: GitHubOrganization) {
  const url = `${api}/orgs/${login}/teams/${slug}`;
  return {
    ...{ id, slug, node_id: `team${id}`, name: slug, description: null, privacy: 'closed', permission: 'pull', type: 'organization' },
    ...{ url, html_url: `${web}/orgs/${login}/teams/${slug}`, members_url: `${url}/members{/member}` },
    ...{ repositories_url: `${url}/repos`, parent: null },
  };
}

export function installationOf({ id, login, installationId, isSuspended }: GitHubOrganization, appId: string) {
  const at = '2026-01-01T00:00:00Z';
  return {
    ...{ id: installationId, app_id: Number(appId), app_slug: 'rollcall-test', target_id: id, target_type: 'Organization' },
    account: userOf(id, login, 'Organization'),
    ...{ repository_selection: 'all', single_file_name: null, events: ['organization'], permissions: { members: 'read' } },
    access_tokens_url: `${api}/app/installations/${installationId}/access_tokens`,
    repositories_url: `${api}/installation/repositories`,
    html_url: `${web}/organizations/${login}/settings/installations/${installationId}`,
    ...{ created_at: at, updated_at: at, suspended_by: null, suspended_at: isSuspended ? at : null },
  };
}

export function membershipOf(
  user: { readonly id: number; readonly login: string },
  organization: GitHubOrganization,
  role: 'admin' | 'member',
) {
  const { id, login } = organization;
  const url = `${api}/orgs/${login}`;
  const links = ['repos', 'events', 'hooks', 'issues'].map((name) => [`${name}_url`, `${url}/${name}`]);
  return {
    ...{ url: `${url}/memberships/${user.login}`, state: 'active', role, organization_url: url, user: userOf(user.id, user.login) },
    organization: {
      ...{ id, login, node_id: `org${id}`, url, avatar_url: `${web}/${login}.png`, description: null },
      ...{ members_url: `${url}/members{/member}`, public_members_url: `${url}/public_members{/member}` },
      ...Object.fromEntries(links),
    },
  };
}
