import assert from 'node:assert/strict';
import { aFollowingTeam, mappedMembers } from '../../support/directories.ts';
import { aLoggedInMember, anOrgWithOwner, type LoggedIn, type OrgWithOwner } from '../../support/logged-in.ts';
import { addMember, aPerson } from '../../support/provision.ts';
import { enableScim, patchOf } from '../../support/scim.ts';
import { anIntegration } from '../../support/security-records.ts';
import { startServer, type TestResponse, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

const detail = "This team is managed through your organization's identity provider.";

describe('a team that follows a team of GitHub', () => {
  let server: TestServer;
  let org: OrgWithOwner;
  let integrationId: string;
  let team: { id: string; slug: string; mappingId: string };
  let member: LoggedIn;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    integrationId = (await anIntegration(server, org.id, { provider: 'github' })).id;
    team = await aFollowingTeam(server, org, integrationId, { id: 7, slug: 'backend' });
    member = await aLoggedInMember(server, org);
  });

  const call = (method: string, path: string, body?: unknown, cookie = org.cookie) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie, ...(body === undefined ? {} : { body }) });
  const onTeam = async () => (await storedRecords(server, org.id, 'team-member')).filter(({ teamId }) => teamId === team.id);
  const mappingPath = () => `/api/0/teams/${org.slug}/${team.slug}/external-teams/${team.mappingId}/`;
  const setFollows = (follows: string) => server.request('PUT', mappingPath(), { cookie: org.cookie, body: { follows } });

  it('[13.14] refuses members by hand, in requests, in invites and over SCIM, as a team of the identity provider does', async () => {
    const { slug } = team;
    const invitee = { email: 'new@example.com', orgRole: 'member', teams: [slug] };
    const refused: [string, TestResponse][] = [
      ['add', await call('POST', `members/${member.memberId}/teams/${slug}/`)],
      ['join', await call('POST', `members/me/teams/${slug}/`)],
      ['request to join', await call('POST', `members/me/teams/${slug}/`, undefined, member.cookie)],
      ['member', await call('PUT', `members/${member.memberId}/`, { teams: [slug] })],
      ['invite', await call('POST', 'members/', invitee)],
      ['request an invite', await call('POST', 'invite-requests/', invitee, member.cookie)],
      [
        'operator',
        await server.operate('POST', `/organizations/${org.id}/members/`, { userId: (await aPerson(server)).userId, teams: [slug] }),
      ],
    ];
    for (const [name, { status, body }] of refused) assert.deepEqual([name, status, body], [name, 403, { detail }]);
    const scim = await enableScim(server, org.id);
    const added = await scim('PATCH', `/Groups/${team.id}`, patchOf({ op: 'add', path: 'members', value: [{ value: member.memberId }] }));
    assert.deepEqual([added.status, added.body.detail], [403, detail]);
    assert.deepEqual(await onTeam(), []);
    assert.deepEqual(await storedRecords(server, org.id, 'access-request'), []);
  });

  it('[13.14] refuses manual removals, loses members who are removed from the organization, and allows all changes once it no longer follows', async () => {
    assert.equal((await setFollows('off')).status, 200);
    const other = await aPerson(server);
    await addMember(server, org, other, 'member');
    for (const memberId of [member.memberId, other.memberId])
      assert.equal((await call('POST', `members/${memberId}/teams/${team.slug}/`)).status, 201);
    assert.equal((await setFollows('members')).status, 200);
    for (const left of [
      await call('DELETE', `members/${member.memberId}/teams/${team.slug}/`),
      await call('DELETE', `members/me/teams/${team.slug}/`, undefined, member.cookie),
      await call('PUT', `members/${member.memberId}/`, { teams: [] }),
    ]) {
      assert.deepEqual([left.status, left.body], [403, { detail }]);
    }
    assert.equal((await onTeam()).length, 2);
    assert.equal((await call('DELETE', `members/${other.memberId}/`)).status, 204);
    assert.equal((await call('PUT', `members/${member.memberId}/teams/${team.slug}/`, { teamRole: 'admin' })).status, 200);
    assert.equal((await setFollows('off')).status, 200);
    assert.equal((await call('DELETE', `members/${member.memberId}/teams/${team.slug}/`)).status, 200);
  });

  it('[13.14] can be removed with its members', async () => {
    assert.equal((await server.request('DELETE', `/api/0/teams/${org.slug}/${team.slug}/`, { cookie: org.cookie })).status, 204);
    assert.deepEqual(await storedRecords(server, org.id, 'external-team'), []);
  });

  it('[13.14] follows one team of GitHub, not of another provider, and is not managed by the identity provider', async () => {
    const map = (body: object) =>
      server.request('POST', `/api/0/teams/${org.slug}/${team.slug}/external-teams/`, { cookie: org.cookie, body });
    const second = await map({ provider: 'github', integrationId, externalName: 'other', follows: 'members' });
    assert.deepEqual([second.status, second.body], [400, { follows: ['This team already follows another team.'] }]);
    for (const provider of ['gitlab', 'slack'] as const) {
      const { id } = await anIntegration(server, org.id, { provider });
      const refused = await map({ provider, integrationId: id, externalName: 'backend', follows: 'members' });
      assert.equal(refused.status, 400);
      assert.match(refused.body.follows[0], /Only teams of GitHub can be followed\.$/);
      assert.equal((await map({ provider, integrationId: id, externalName: 'backend' })).status, 201);
    }
    const scim = await enableScim(server, org.id);
    const group = await scim('POST', '/Groups', { displayName: `Group ${org.id}` });
    const body = { provider: 'github', integrationId, externalName: 'third', follows: 'members' };
    const path = `/api/0/teams/${org.slug}/${group.body.id}/external-teams/`;
    assert.deepEqual((await server.request('POST', path, { cookie: org.cookie, body })).body, { detail });
    assert.equal((await setFollows('sometimes')).status, 400);
  });

  it('[13.14] begins to follow only if the caller may add members to the team', async () => {
    assert.equal((await call('PUT', '', { openMembership: false })).status, 200);
    const admin = await aLoggedInMember(server, org, 'admin');
    const closed = await call('POST', 'teams/', { slug: `closed-${org.id}` });
    const path = `/api/0/teams/${org.slug}/${closed.body.id}/external-teams/`;
    const asAdmin = (method: string, on: string, body: object) => server.request(method, on, { cookie: admin.cookie, body });
    const names = { provider: 'github', integrationId, externalName: 'everyone' };
    assert.equal((await asAdmin('POST', path, { ...names, follows: 'members' })).status, 403);
    const { status, body } = await asAdmin('POST', path, names);
    assert.equal(status, 201);
    assert.equal((await asAdmin('PUT', `${path}${body.id}/`, { follows: 'members' })).status, 403);
    // This team follows one already.
    assert.equal((await asAdmin('PUT', mappingPath(), { externalName: 'everyone', externalId: null })).status, 403);
    assert.equal((await asAdmin('PUT', mappingPath(), { follows: 'off' })).status, 200);
    const own = await asAdmin('POST', `/api/0/organizations/${org.slug}/teams/`, { slug: `own-${org.id}` });
    assert.equal((await call('PUT', `members/${admin.memberId}/teams/${own.body.slug}/`, { teamRole: 'admin' })).status, 200);
    const followed = await asAdmin('POST', `/api/0/teams/${org.slug}/${own.body.id}/external-teams/`, { ...names, follows: 'members' });
    assert.equal(followed.status, 201);
  });

  it('[13.13] lets only owners map people of a directory, because a mapping can add the member to a team', async () => {
    const body = { provider: 'github', integrationId, userId: member.userId, externalName: 'octocat', externalId: '1' };
    assert.equal((await call('POST', 'external-users/', body, member.cookie)).status, 403);
    const people = new Map([[1, 'octocat']]);
    const [mapped] = await mappedMembers(server, org, integrationId, { people } as never, 1);
    assert.ok(mapped);
  });
});
