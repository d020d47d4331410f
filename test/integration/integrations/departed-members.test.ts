import assert from 'node:assert/strict';
import { findDirectoryRead } from '../../../server/src/features/integrations/database/directory-reads.ts';
import { connectGitHub, mappedMembers } from '../../support/directories.ts';
import { eventually } from '../../support/eventually.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../../support/providers/github.ts';
import { nextNumber } from '../../support/provision.ts';
import { anIntegration } from '../../support/security-records.ts';
import { pollsIntegrationsOften, startServerWith, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';

describe('members whose people left GitHub', () => {
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;
  let id: string;
  let memberIds: string[];

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServerWith(github, { ...githubSettings(github.url), WEBHOOK_RETRY_SECONDS: '3600' }, pollsIntegrationsOften);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${org.id}`, 10);
    id = await connectGitHub(server, org.id, acme);
    memberIds = (await mappedMembers(server, org, id, acme, 8)).map(({ memberId }) => memberId!);
    await eventually(async () => assert.equal((await readOf()).drift?.people.length, 10), { timeoutMs: 20_000 });
  });

  const call = (method: string, path: string, body?: unknown, cookie = org.cookie) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie, ...(body === undefined ? {} : { body }) });
  const readOf = async () => (await findDirectoryRead(server.services.db, org.id, id))!;
  const switchOn = (cookie = org.cookie) => call('POST', `integrations/${id}/`, { removeMembers: true }, cookie);
  const remaining = async () => {
    const members = await storedRecords(server, org.id, 'member');
    return memberIds.filter((memberId) => members.some((member) => member.id === memberId));
  };
  const leave = (from: number, to: number) => {
    for (const person of [...acme.people.keys()].slice(from, to)) acme.people.delete(person);
  };

  /** Reads now, and waits for the end. */
  async function sync(options: object = {}): Promise<void> {
    const before = await readOf();
    assert.equal((await call('POST', `integrations/${id}/sync/`, options)).status, 202);
    await eventually(
      async () => {
        const { last_read_at, lease } = await readOf();
        assert.ok(lease === null && last_read_at !== before.last_read_at, 'not read yet');
      },
      { timeoutMs: 20_000 },
    );
  }

  it('[13.14] stay by default, and also if the setting is switched on later', async () => {
    leave(0, 1);
    await sync();
    assert.equal((await switchOn()).status, 200);
    await sync();
    assert.deepEqual(await remaining(), memberIds);
  });

  it('[13.14] disappear within 10 s of the notice if the setting is on, and the audit log has the reason', async () => {
    assert.equal((await switchOn()).status, 200);
    await sync();
    leave(0, 1);
    await server.services.directories.receiveNotice('github', 'people left', String(acme.id));
    await eventually(async () => assert.deepEqual(await remaining(), memberIds.slice(1)), { timeoutMs: 10_000, intervalMs: 100 });
    const { rows } = (await call('GET', 'audit-logs/?event=member.remove')).body;
    assert.match(rows[0].note, new RegExp(`^removed member \\S+, who left ${acme.login} at GitHub$`));
    assert.deepEqual(await storedRecords(server, org.id, 'external-user').then((all) => all.length), 7);
  });

  it('[S-53] stay if the reading fails or has no people, if they own the organization, or if their people were never in GitHub', async () => {
    assert.equal((await switchOn()).status, 200);
    await sync();
    const people = [...acme.people];
    acme.people.clear();
    await call('POST', `integrations/${id}/sync/`, {});
    await eventually(async () => assert.equal((await readOf()).last_error, 'GitHub returned no people.'), { timeoutMs: 20_000 });
    for (const [person, login] of people) acme.people.set(person, login);
    github.next.push({ path: new RegExp(`/orgs/${acme.login}/members`), status: 502 });
    await call('POST', `integrations/${id}/sync/`, {});
    await eventually(async () => assert.match((await readOf()).last_error ?? '', /502/), { timeoutMs: 20_000 });
    assert.equal((await call('PUT', `members/${memberIds[0]}/`, { orgRole: 'owner' })).status, 200);
    const never = { provider: 'github', integrationId: id, userId: org.owner.userId, externalName: 'never', externalId: '1' };
    assert.equal((await call('POST', 'external-users/', never)).status, 201);
    leave(0, 1);
    await sync();
    assert.deepEqual(await remaining(), memberIds);
  });

  it('[S-53] wait for a confirmation if they are more than five and more than half of those mapped', async () => {
    assert.equal((await switchOn()).status, 200);
    await sync();
    leave(0, 6);
    await sync();
    await sync();
    assert.deepEqual(await remaining(), memberIds);
    const waiting = async () => (await call('GET', `integrations/${id}/drift/`)).body.needsConfirmation;
    assert.deepEqual(await waiting(), [{ teamId: null, added: 0, removed: 6, current: 8 }]);
    const admin = await aLoggedInMember(server, org, 'admin');
    assert.equal((await call('POST', `integrations/${id}/sync/`, { confirm: true }, admin.cookie)).status, 403);
    leave(0, 1);
    await sync({ confirm: true });
    assert.deepEqual(await remaining(), memberIds, 'a larger removal than was confirmed was made');
    await sync({ confirm: true });
    assert.deepEqual(await remaining(), memberIds.slice(7));
    assert.deepEqual(await waiting(), []);
  });

  /** A member in a session, whom an owner maps to a person of the GitHub organization. */
  async function aMappedMember(index: number) {
    const member = await aLoggedInMember(server, org);
    const [person, login] = [...acme.people][index]!;
    const body = { provider: 'github', integrationId: id, userId: member.userId, externalName: login, externalId: String(person) };
    const mapped = await call('POST', 'external-users/', body);
    assert.equal(mapped.status, 201);
    const isMember = async () => (await storedRecords(server, org.id, 'member')).some((one) => one.id === member.memberId);
    return { ...member, mappingId: mapped.body.id as string, isMember };
  }

  it('[S-53] leave the organization although they mapped a second account of theirs, which was never in the directory', async () => {
    assert.equal((await switchOn()).status, 200);
    const member = await aMappedMember(8);
    await sync();
    const { body } = await call('POST', `integrations/${id}/account/`, undefined, member.cookie);
    const code = `code-${nextNumber()}`;
    github.users.set(code, { id: nextNumber(), login: code, adminOf: [], memberOf: [] });
    const query = new URLSearchParams({ code, state: new URL(body.url).searchParams.get('state')! });
    const url = `${server.url}/extensions/github/setup/?${query}`;
    assert.equal((await fetch(url, { redirect: 'manual', headers: { cookie: member.cookie } })).status, 303);
    leave(8, 9);
    await sync();
    assert.equal(await member.isMember(), false);
  });

  it('[S-53] leave alone: a person who moves to the page before while the pages are read keeps their member', async () => {
    for (let index = 10; index < 120; index++) acme.people.set(acme.id * 1_000 + index, `${acme.login}-${index}`);
    const firstOfPage2 = await aMappedMember(100);
    assert.equal((await switchOn()).status, 200);
    await sync();
    const release = github.hold(new RegExp(`/orgs/${acme.login}/members\\?.*page=2`));
    const reading = sync();
    await eventually(() => assert.deepEqual(github.held, []));
    leave(0, 1);
    release();
    await reading;
    assert.deepEqual([await firstOfPage2.isMember(), await remaining()], [true, memberIds]);
    assert.equal((await readOf()).drift?.people.length, 120);
    await sync();
    assert.deepEqual([await firstOfPage2.isMember(), await remaining()], [true, memberIds.slice(1)]);
  });

  it('[S-53] cannot move their mapping to an integration that does not remove members', async () => {
    const member = await aMappedMember(8);
    const slack = await anIntegration(server, org.id, { provider: 'slack' });
    const moved = { provider: 'slack', integrationId: slack.id };
    assert.equal((await call('PUT', `external-users/${member.mappingId}/`, moved, member.cookie)).status, 403);
    const [mapping] = (await storedRecords(server, org.id, 'external-user')).filter((one) => one.id === member.mappingId);
    assert.equal(mapping.integrationId, id);
  });

  it('[S-53] cannot remove their mapping while the integration removes members who leave', async () => {
    const [first, second] = [await aMappedMember(8), await aMappedMember(9)];
    assert.equal((await call('DELETE', `external-users/${first.mappingId}/`, undefined, first.cookie)).status, 204);
    assert.equal((await switchOn()).status, 200);
    assert.equal((await call('DELETE', `external-users/${second.mappingId}/`, undefined, second.cookie)).status, 403);
    await sync();
    leave(9, 10);
    await sync();
    assert.deepEqual([await first.isMember(), await second.isMember()], [true, false]);
    assert.equal((await call('DELETE', `external-users/${second.mappingId}/`)).status, 404);
  });

  it('[S-01] stay unless a caller who may remove members turns the setting on', async () => {
    const admin = await aLoggedInMember(server, org, 'admin');
    assert.equal((await switchOn(admin.cookie)).status, 403);
    assert.equal((await call('POST', `integrations/${id}/`, { name: 'renamed' }, admin.cookie)).status, 200);
    const manager = await aLoggedInMember(server, org, 'manager');
    assert.equal((await switchOn(manager.cookie)).status, 200);
    assert.equal((await call('POST', `integrations/${id}/`, { removeMembers: false }, admin.cookie)).status, 200);
  });
});
