import assert from 'node:assert/strict';
import type { OrgRoleId } from '../../protocol/src/index.ts';
import { configureProvider } from '../support/auth-providers.ts';
import { aDomain } from '../support/domains.ts';
import { eventually } from '../support/eventually.ts';
import { anAccount, logIn } from '../support/log-in.ts';
import { readMails } from '../support/mailbox.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person } from '../support/provision.ts';
import { anIntegration, linkIdentity } from '../support/security-records.ts';
import type { TestResponse, TestServer } from '../support/server.ts';

/** An owner who can log in, so that routes for sessions can be called. */
export interface OwnerAccount extends Person {
  readonly cookie: string;
  readonly sessionId: string;
  readonly emailId: string;
}

/** An organization with one record of every kind that a path or a body can name. */
export interface WholeOrganization {
  readonly id: string;
  readonly slug: string;
  readonly owner: OwnerAccount;
  readonly people: Readonly<Record<OrgRoleId, Person>>;
  /** The team with a project and all members but the admin. The other team is empty. */
  readonly team: Named;
  readonly emptyTeam: Named;
  readonly project: Named;
  readonly projectKeyId: string;
  readonly invite: { readonly id: string; readonly token: string };
  readonly inviteRequestId: string;
  readonly accessRequestId: string;
  readonly authTokenId: string;
  readonly domainId: string;
  /** A disabled webhook, so that nothing is sent. */
  readonly webhookId: string;
  readonly integrationId: string;
  /** The mappings of the owner and of the team. */
  readonly externalUserId: string;
  readonly externalTeamId: string;
}

export interface Named {
  readonly id: string;
  readonly slug: string;
}

/**
 * The name of every record that has one. Tests search for it in responses that must not contain it.
 */
export const nameOf = (slug: string) => `Unseen ${slug}`;

export async function anOwnerAccount(server: TestServer): Promise<OwnerAccount> {
  const account = await anAccount(server);
  const cookie = await logIn(server, account);
  const scopes = ['org:admin', 'member:admin', 'team:admin', 'project:admin', 'org:read', 'org:write'];
  const { body: token } = await server.operate('POST', `/users/${account.id}/tokens/`, { scopes });
  const read = async (path: string) => (await server.request('GET', `/api/0/auth/${path}/`, { cookie })).body[0].id;
  return {
    userId: account.id,
    email: account.email,
    token: token.token,
    tokenId: token.id,
    memberId: null,
    cookie,
    sessionId: await read('sessions'),
    emailId: await read('emails'),
  };
}

export async function aWholeOrganization(server: TestServer, owner: OwnerAccount): Promise<WholeOrganization> {
  const org = await anOrganizationOf(server, owner);
  const call = async (method: string, path: string, body?: unknown, token = owner.token): Promise<TestResponse> => {
    const answer = await server.request(method, `/api/0${path}`, { token, body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const onOrg = `/organizations/${org.slug}/`;
  const [member, admin, manager] = await Promise.all([aPerson(server), aPerson(server), aPerson(server)]);
  await addMember(server, org, member, 'member');
  await addMember(server, org, admin, 'admin');
  await addMember(server, org, manager, 'manager');

  const aTeam = async () => {
    const slug = `team-${nextNumber()}`;
    return { id: (await call('POST', `${onOrg}teams/`, { slug, name: nameOf(slug) })).body.id, slug };
  };
  const [team, emptyTeam] = [await aTeam(), await aTeam()];
  await call('POST', `${onOrg}members/${member.memberId}/teams/${team.slug}/`);
  const projectSlug = `project-${nextNumber()}`;
  const project = (await call('POST', `/teams/${org.slug}/${team.slug}/projects/`, { name: nameOf(projectSlug), slug: projectSlug })).body;
  const [key] = (await call('GET', `/projects/${org.slug}/${project.slug}/keys/`)).body;

  const address = `invited-${nextNumber()}@example.com`;
  await call('POST', `${onOrg}members/`, { email: address });
  await call('PUT', onOrg, { openMembership: false, name: nameOf(org.slug), allowJoinRequests: true });
  const asked = await call('POST', `${onOrg}invite-requests/`, { email: `asked-${nextNumber()}@example.com` }, member.token);
  await call('POST', `${onOrg}members/me/teams/${emptyTeam.slug}/`, undefined, member.token);
  const [accessRequest] = (await call('GET', `${onOrg}access-requests/`)).body;
  const ofSession = { ...org, cookie: owner.cookie };
  await configureProvider(server, ofSession, { isActive: false });
  await linkIdentity(server, org.id, member);
  const webhook = (await call('POST', `${onOrg}webhooks/`, { url: 'https://receiver.invalid/' })).body;
  await call('PUT', `${onOrg}webhooks/${webhook.id}/`, { status: 'disabled' });
  const { id: integrationId, provider } = await anIntegration(server, org.id, { name: nameOf(org.slug) });
  const person = { externalName: nameOf('person'), externalId: `U${nextNumber()}`, provider, integrationId, userId: owner.userId };
  return {
    id: org.id,
    slug: org.slug,
    owner,
    people: { member, admin, manager, owner },
    team,
    emptyTeam,
    project: { id: project.id, slug: project.slug },
    projectKeyId: key.id,
    invite: await inviteMailedTo(server, address),
    inviteRequestId: asked.body.id,
    accessRequestId: accessRequest.id,
    integrationId,
    externalUserId: (await call('POST', `${onOrg}external-users/`, person)).body.id,
    externalTeamId: (await call('POST', `/teams/${org.slug}/${team.slug}/external-teams/`, person)).body.id,
    domainId: (await aDomain(server, ofSession, `${org.slug}.example`, 'affiliated')).id,
    webhookId: webhook.id,
    authTokenId: (await call('POST', `${onOrg}org-auth-tokens/`, { name: nameOf(org.slug) })).body.id,
  };
}

function inviteMailedTo(server: TestServer, address: string): Promise<{ id: string; token: string }> {
  return eventually(() => {
    const [mail] = readMails(server, address);
    const [, id, token] = /\/accept\/#(\d+)\.([0-9a-f]{64})/.exec(mail?.text ?? '') ?? [];
    assert.ok(id && token, `no invite was mailed to ${address}`);
    return { id, token };
  });
}
