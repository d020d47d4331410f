import assert from 'node:assert/strict';
import { findDirectoryRead } from '../../../server/src/features/integrations/database/directory-reads.ts';
import { connectGitHub } from '../../support/directories.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../../support/providers/github.ts';
import { addMember, aPerson, type Person } from '../../support/provision.ts';
import { startServerWith, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('a mapping that was made by name', () => {
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;
  let integrationId: string;

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServerWith(github, githubSettings(github.url));
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${org.id}`, 3);
    integrationId = await connectGitHub(server, org.id, acme);
    await hasRead();
  });

  const call = async (method: string, path: string, body: object) => {
    const response = await server.request(method, `/api/0/${path}`, { cookie: org.cookie, body });
    assert.ok(response.status < 300, JSON.stringify(response.body));
    return response.body;
  };
  const readOf = async () => (await findDirectoryRead(server.services.db, org.id, integrationId))!;
  const hasRead = (after: string | null = null) =>
    eventually(
      async () => {
        const { last_read_at, lease } = await readOf();
        assert.ok(lease === null && last_read_at !== after, 'not read yet');
      },
      { timeoutMs: 15_000 },
    );
  async function sync(): Promise<void> {
    const { last_read_at } = await readOf();
    await call('POST', `organizations/${org.slug}/integrations/${integrationId}/sync/`, {});
    await hasRead(last_read_at);
  }

  async function mapped(externalName: string, fields: object = {}): Promise<Person> {
    const person = await aPerson(server);
    await addMember(server, org, person, 'member');
    const body = { provider: 'github', integrationId, userId: person.userId, externalName, ...fields };
    await call('POST', `organizations/${org.slug}/external-users/`, body);
    return person;
  }
  const idsOf = async (kind: 'external-user' | 'external-team') =>
    (await storedRecords(server, org.id, kind)).map(({ externalName, externalId }) => [externalName, externalId]);
  const [first, second] = [0, 1].map((index) => () => [...acme.people.entries()][index]!) as [
    () => [number, string],
    () => [number, string],
  ];

  it('[13.14] [S-53] gets the id in a reading soon after, and keeps the person when the login changes hands', async () => {
    const [id, login] = first();
    const before = (await readOf()).last_read_at;
    const member = await mapped(`@${login.toUpperCase()}`);
    await hasRead(before);
    assert.deepEqual(await idsOf('external-user'), [[`@${login.toUpperCase()}`, String(id)]]);

    acme.teams.set(7, { slug: 'backend', people: [id] });
    const team = await call('POST', `organizations/${org.slug}/teams/`, { slug: `team-${org.id}` });
    await server.request('DELETE', `/api/0/organizations/${org.slug}/members/me/teams/${team.slug}/`, { cookie: org.cookie });
    acme.people.set(id, 'renamed').set(second()[0], login);
    acme.teams.set(8, { slug: 'frontend', people: [second()[0]] });
    const body = { provider: 'github', integrationId, externalName: 'frontend', follows: 'members' };
    const { id: mappingId } = await call('POST', `teams/${org.slug}/${team.slug}/external-teams/`, body);
    await sync();
    const onTeam = async () => (await storedRecords(server, org.id, 'team-member')).map(({ memberId }) => memberId);
    assert.deepEqual(await onTeam(), [], 'the new owner of the login was taken for the member');
    await call('PUT', `teams/${org.slug}/${team.slug}/external-teams/${mappingId}/`, { externalName: 'backend', externalId: null });
    await sync();
    assert.deepEqual(await onTeam(), [member.memberId]);
    assert.deepEqual(await idsOf('external-team'), [['backend', '7']]);
  });

  it('[13.14] stays without an id if no person has the name, or the person is mapped already', async () => {
    const [id, login] = first();
    await mapped('former', { externalId: String(id) });
    await mapped(login);
    await mapped('stranger');
    await sync();
    assert.deepEqual(await idsOf('external-user'), [
      ['former', String(id)],
      [login, null],
      ['stranger', null],
    ]);
  });
});
