import assert from 'node:assert/strict';
import { addIntegration } from '../../server/src/features/integrations/commands/add-integration.ts';
import { KeyRing } from '../../server/src/runtime/secrets/key-ring.ts';
import { runCommand } from '../../server/src/write-path/run-command.ts';
import type { OrgWithOwner } from './logged-in.ts';
import type { GitHubOrganization } from './providers/github.ts';
import { addMember, aPerson, type Person } from './provision.ts';
import type { Api, TestServer } from './server.ts';

/** Connects an organization to one of the stand-in's, as an installation does. Returns the id. */
export async function connectGitHub({ services, config }: TestServer, orgId: string, organization: GitHubOrganization): Promise<string> {
  const { id, login, installationId } = organization;
  const { response } = await runCommand(services.writePath, addIntegration, {
    orgId,
    actor: { kind: 'system' },
    input: {
      ...{ provider: 'github', name: login, domainName: `github.com/${login}`, externalId: String(id), config: {} },
      secrets: { key: new KeyRing(config.secret), byName: { installation: String(installationId) } },
      confirmedAfter: null,
    },
    requestId: null,
    respond: async (_tx, integration) => ({ status: 201, body: integration.id }),
  });
  return response.body as string;
}

/** New members, mapped to the first people of the GitHub organization. */
export async function mappedMembers(
  server: Api,
  org: OrgWithOwner,
  integrationId: string,
  { people }: GitHubOrganization,
  count: number,
): Promise<Person[]> {
  const members: Person[] = [];
  for (const [id, login] of [...people].slice(0, count)) {
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    members.push(person);
    const body = { provider: 'github', integrationId, userId: person.userId, externalName: login, externalId: String(id) };
    const mapped = await server.request('POST', `/api/0/organizations/${org.slug}/external-users/`, { cookie: org.cookie, body });
    assert.equal(mapped.status, 201, JSON.stringify(mapped.body));
  }
  return members;
}

/** A new team that follows a team of GitHub. Returns its slug, its id and its mapping's id. */
export async function aFollowingTeam(server: Api, org: OrgWithOwner, integrationId: string, github: { id: number; slug: string }) {
  const slug = `following-${integrationId}-${github.id}`;
  const created = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { cookie: org.cookie, body: { slug } });
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const { cookie } = org;
  // The creator leaves, because a team that follows one of GitHub has no other members.
  await server.request('DELETE', `/api/0/organizations/${org.slug}/members/me/teams/${slug}/`, { cookie });
  const body = { provider: 'github', integrationId, externalName: github.slug, externalId: String(github.id), follows: 'members' };
  const mapped = await server.request('POST', `/api/0/teams/${org.slug}/${slug}/external-teams/`, { cookie, body });
  assert.equal(mapped.status, 201, JSON.stringify(mapped.body));
  return { id: created.body.id as string, slug, mappingId: mapped.body.id as string };
}
