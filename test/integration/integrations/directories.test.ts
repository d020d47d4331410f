import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { findDirectoryRead } from '../../../server/src/features/integrations/database/directory-reads.ts';
import { aFollowingTeam, connectGitHub, mappedMembers } from '../../support/directories.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../../support/logged-in.ts';
import { mailsTo } from '../../support/mailbox.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../../support/providers/github.ts';
import { addMember, aPerson } from '../../support/provision.ts';
import { pollsIntegrationsOften, startServerWith, type TestServer } from '../../support/server.ts';
import { storedRecords } from '../../support/stored-records.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('directories', () => {
  let github: GitHubStandIn;
  let server: TestServer;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;

  before(async () => {
    github = await GitHubStandIn.start();
    server = await startServerWith(github, { ...githubSettings(github.url), WEBHOOK_RETRY_SECONDS: '1,1,1,3600' }, pollsIntegrationsOften);
  });
  after(() => server?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(server);
    acme = github.addOrganization(`acme-${org.id}`, 20);
  });

  const call = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}/${path}`, { cookie: org.cookie, ...(body === undefined ? {} : { body }) });
  const readOf = async (id: string) => (await findDirectoryRead(server.services.db, org.id, id))!;
  const readings = () => github.requests.filter((request) => request.startsWith(`GET /orgs/${acme.login}/members`)).length;
  const revision = async () => (await server.operate('GET', `/organizations/${org.id}/state/`)).body.revision as number;
  const drift = async (id: string, query = '') => (await call('GET', `integrations/${id}/drift/${query}`)).body;
  const notice = () => server.services.directories.receiveNotice('github', randomUUID(), String(acme.id));

  async function memberIdsOf(teamId: string): Promise<string[]> {
    const rows = await storedRecords(server, org.id, 'team-member');
    return rows
      .filter((row) => row.teamId === teamId)
      .map(({ memberId }) => memberId)
      .sort();
  }
  const hasMembers = (teamId: string, ids: readonly (string | null)[], timeoutMs = 10_000) =>
    eventually(async () => assert.deepEqual(await memberIdsOf(teamId), ids.toSorted()), { timeoutMs, intervalMs: 100 });

  /** Reads now, and waits for the end. */
  async function sync(id: string, options: object = {}): Promise<void> {
    const before = await readOf(id);
    assert.equal((await call('POST', `integrations/${id}/sync/`, options)).status, 202);
    await eventually(async () => {
      const { last_read_at, lease } = await readOf(id);
      assert.ok(lease === null && last_read_at !== before.last_read_at, 'not read yet');
    });
  }

  /** A connected organization with a team that begins to follow one of four people at GitHub. */
  async function beginToFollow() {
    const id = await connectGitHub(server, org.id, acme);
    const members = await mappedMembers(server, org, id, acme, 8);
    acme.teams.set(7, { slug: 'backend', people: [...acme.people.keys()].slice(0, 4) });
    const team = await aFollowingTeam(server, org, id, { id: 7, slug: 'backend' });
    const memberIds = members.map(({ memberId }) => memberId);
    return { id, team, memberIds, people: acme.teams.get(7)!.people };
  }

  /** The same after a reading, for which it doesn't wait until the change is due. */
  async function following() {
    const begun = await beginToFollow();
    await server.services.directories.readNow(org.id, begun.id, { confirm: false });
    await hasMembers(begun.team.id, begun.memberIds.slice(0, 4));
    return begun;
  }

  it('[13.14] reads a directory at once after it was connected, and then in the night', async () => {
    const id = await connectGitHub(server, org.id, acme);
    await eventually(async () => {
      const read = await readOf(id);
      assert.deepEqual([read.last_error, read.drift?.people.length], [null, 20]);
      assert.ok(Date.parse(read.next_read_at) > Date.now() + 60_000, read.next_read_at);
    });
    assert.equal(readings(), 1);
  });

  it('[13.14] a team that begins to follow gets its members within seconds', async () => {
    const { team, memberIds } = await beginToFollow();
    await hasMembers(team.id, memberIds.slice(0, 4));
  });

  it('[13.14] a member who left a GitHub team leaves the following team within 10 s of the notice, also on the socket', async () => {
    const { team, memberIds, people } = await following();
    const replica = await WireReplica.connect(server.url, { cookie: org.cookie, headers: { Origin: server.url } });
    await replica.subscribe(org.id);
    const before = await revision();
    people.shift();
    for (let copy = 0; copy < 3; copy++) await notice();
    await hasMembers(team.id, memberIds.slice(1, 4));
    assert.equal(await revision(), before + 1, 'one command makes one revision');
    await eventually(() => {
      const rows = [...replica.records().keys()].filter((key) => key.startsWith('team-member') && key.includes(team.id));
      assert.equal(rows.length, 3);
    });
    replica.close();
  });

  it('[13.14] the nightly reading finds what a lost notice was about', async () => {
    const { id, team, memberIds, people } = await following();
    people.push([...acme.people.keys()][4]!);
    await server.services.db
      .updateTable('directory_reads')
      .set({ next_read_at: sql<string>`clock_timestamp()` })
      .where('integration_id', '=', id)
      .execute();
    await hasMembers(team.id, memberIds.slice(0, 5));
  });

  it('[13.14] several notices within seconds cause one reading, and one during a reading causes another', async () => {
    const { id, team, memberIds, people } = await following();
    await sync(id);
    const before = readings();
    for (let copy = 0; copy < 5; copy++) await notice();
    await eventually(() => assert.equal(readings(), before + 1), { timeoutMs: 8_000 });
    // A notice arrives while the team was read and is not stored yet.
    await server.services.db
      .updateTable('directory_reads')
      .set({ lease: 'x', leased_until: sql`clock_timestamp() + interval '3 seconds'`, next_read_at: sql`clock_timestamp()` })
      .where('integration_id', '=', id)
      .execute();
    people.shift();
    await notice();
    await hasMembers(team.id, memberIds.slice(1, 4));
  });

  it('[13.14] an organization requests at most 20 readings an hour', async () => {
    const { id } = await following();
    const request = () => call('POST', `integrations/${id}/sync/`, {});
    for (let number = 1; number <= 20; number++) assert.equal((await request()).status, 202);
    assert.equal((await request()).status, 429);
  });

  it('[S-53] an empty, failing or missing team removes no member until a person confirms it', async () => {
    const { id, team, memberIds, people } = await following();
    const all = people.splice(0);
    await sync(id);
    await hasMembers(team.id, memberIds.slice(0, 4));
    const waiting = [{ teamId: team.id, added: 0, removed: 4, current: 4 }];
    assert.deepEqual((await drift(id)).needsConfirmation, waiting);
    people.push(...all);
    acme.teams.delete(7);
    await sync(id);
    await hasMembers(team.id, memberIds.slice(0, 4));
    const before = await revision();
    await sync(id, { confirm: true });
    await hasMembers(team.id, []);
    assert.equal(await revision(), before + 1);
    assert.deepEqual((await drift(id)).needsConfirmation, []);
  });

  /** Lets the next request of this path wait, and syncs until it waits. */
  async function holdSync(id: string, path: RegExp): Promise<() => void> {
    const release = github.hold(path);
    assert.equal((await call('POST', `integrations/${id}/sync/`, {})).status, 202);
    await eventually(() => assert.deepEqual(github.held, []));
    return release;
  }

  it('[13.12] a reading of the former connection does not disable the new one', async () => {
    const { id } = await following();
    await sync(id);
    const release = await holdSync(id, new RegExp(`/app/installations/${acme.installationId}$`));
    acme.installationId += 500_000;
    assert.equal(await connectGitHub(server, org.id, acme), id);
    const ended = () => server.services.writePath.counters.byReason('directoryReads').get('github disconnected') ?? 0;
    const before = ended();
    release();
    await eventually(() => assert.equal(ended(), before + 1));
    await eventually(async () => assert.equal((await readOf(id)).lease, null));
    assert.equal((await call('GET', `integrations/${id}/`)).body.status, 'active');
  });

  it('[13.14] a team that begins to follow another one during a reading gets none of the members of the former one', async () => {
    const { id, team, memberIds, people } = await following();
    acme.teams.set(8, { slug: 'frontend', people: [...acme.people.keys()].slice(1, 5) });
    people.push([...acme.people.keys()][7]!);
    const release = await holdSync(id, /teams\/backend\/members/);
    const path = `/api/0/teams/${org.slug}/${team.slug}/external-teams/${team.mappingId}/`;
    const moved = await server.request('PUT', path, { cookie: org.cookie, body: { externalName: 'frontend', externalId: '8' } });
    assert.equal(moved.status, 200);
    const before = await revision();
    release();
    await hasMembers(team.id, memberIds.slice(1, 5));
    assert.equal(await revision(), before + 1);
  });

  it('[S-53] a person who moves to the page before while the pages of a team are read stays on the following team', async () => {
    const { id, team, memberIds, people } = await following();
    for (let index = 20; index < 117; index++) {
      acme.people.set(acme.id * 1_000 + index, `${acme.login}-${index}`);
      people.unshift(acme.id * 1_000 + index);
    }
    await sync(id);
    const [before, lastRead] = [await revision(), (await readOf(id)).last_read_at];
    const release = await holdSync(id, /teams\/backend\/members\?.*page=2/);
    people.shift();
    release();
    await eventually(async () => assert.notEqual((await readOf(id)).last_read_at, lastRead));
    assert.deepEqual(await memberIdsOf(team.id), memberIds.slice(0, 4).toSorted());
    assert.equal(await revision(), before, 'the member left and joined again');
  });

  it('[S-53] an empty organization and a failed reading change nothing', async () => {
    const { id, team, memberIds } = await following();
    const people = [...acme.people];
    acme.people.clear();
    await call('POST', `integrations/${id}/sync/`, {});
    await eventually(async () => assert.equal((await readOf(id)).last_error, 'GitHub returned no people.'));
    for (const [one, login] of people) acme.people.set(one, login);
    await hasMembers(team.id, memberIds.slice(0, 4));
    assert.equal((await drift(id)).people, 20, 'the last successful reading was lost');
  });

  it('[S-53] a change of more than half of the team and of five members waits for a confirmation, and a larger one than was confirmed waits again', async () => {
    const { id, team, memberIds, people } = await following();
    people.splice(0, 4, ...[...acme.people.keys()].slice(3, 8));
    await sync(id);
    await hasMembers(team.id, memberIds.slice(0, 4));
    assert.deepEqual((await drift(id)).needsConfirmation, [{ teamId: team.id, added: 4, removed: 3, current: 4 }]);
    people.shift();
    await sync(id, { confirm: true });
    await hasMembers(team.id, memberIds.slice(0, 4));
    await sync(id, { confirm: true });
    await hasMembers(team.id, memberIds.slice(4, 8));
  });

  it('[S-53] mappings alone identify members, not a login or a name', async () => {
    const { id, team, memberIds, people } = await following();
    const [login] = [...acme.people.values()].slice(-1);
    const stranger = await aPerson(server);
    await server.services.db.updateTable('users').set({ name: login! }).where('id', '=', stranger.userId).execute();
    await addMember(server, org, stranger, 'member');
    people.push([...acme.people.keys()].at(-1)!);
    await sync(id);
    await hasMembers(team.id, memberIds.slice(0, 4));
    const { thereNotHere, hereNotThere } = await drift(id);
    assert.ok(thereNotHere.rows.some(({ externalName }: { externalName: string }) => externalName === login));
    assert.ok(hereNotThere.rows.some(({ memberId }: { memberId: string }) => memberId === stranger.memberId));
  });

  it('[13.14] a new mapping adds the member within seconds, and its removal removes them', async () => {
    const { id, team, memberIds, people } = await following();
    people.push([...acme.people.keys()][8]!);
    await sync(id);
    const [member] = await mappedMembers(server, org, id, { ...acme, people: new Map([...acme.people].slice(8)) }, 1);
    await hasMembers(team.id, [...memberIds.slice(0, 4), member!.memberId]);
    const mapping = (await storedRecords(server, org.id, 'external-user')).find(({ memberId }) => memberId === member!.memberId);
    assert.equal((await call('DELETE', `external-users/${mapping.id}/`)).status, 204);
    const dueAt = (await readOf(id)).next_read_at;
    assert.ok(Date.parse(dueAt) < Date.now() + 10_000, dueAt);
    await server.services.directories.readNow(org.id, id, { confirm: false });
    await hasMembers(team.id, memberIds.slice(0, 4));
  });

  it('[13.14] waits as long as the provider requested, and then continues by itself', async () => {
    const id = await connectGitHub(server, org.id, acme);
    await eventually(async () => assert.ok((await readOf(id)).last_read_at, 'not read'));
    github.next.push({ path: new RegExp(`/orgs/${acme.login}/members`), status: 429, headers: { 'Retry-After': '7' } });
    const before = readings();
    const startedAt = performance.now();
    await call('POST', `integrations/${id}/sync/`, {});
    await eventually(async () => assert.equal((await drift(id)).error, 'GitHub received too many requests.'));
    // A request by hand doesn't shorten the wait.
    await call('POST', `integrations/${id}/sync/`, {});
    await eventually(() => assert.equal(readings(), before + 2), { timeoutMs: 15_000 });
    assert.ok(performance.now() - startedAt >= 7_000, 'it was read before the time');
    await eventually(async () => assert.equal((await drift(id)).error, null));
  });

  it('[13.14] an organization with several slow directories leaves a slot to the others', async () => {
    const isRead = (orgId: string, id: string) =>
      eventually(async () => assert.ok((await findDirectoryRead(server.services.db, orgId, id))?.last_read_at, 'not read'));
    const isRequested = ({ login }: GitHubOrganization) =>
      github.requests.some((request) => request.startsWith(`GET /orgs/${login}/members`));
    const slow = [acme, github.addOrganization(`slow-${org.id}`, 1)];
    const releases = slow.map(({ login }) => github.hold(new RegExp(`/orgs/${login}/members`)));
    try {
      const ids = [];
      for (const organization of slow) ids.push(await connectGitHub(server, org.id, organization));
      await eventually(() => assert.ok(slow.some(isRequested), 'no reading has begun'));
      const other = await anOrgWithOwner(server);
      const otherId = await connectGitHub(server, other.id, github.addOrganization(`other-${other.id}`, 1));
      await isRead(other.id, otherId);
      assert.deepEqual(slow.map(isRequested), [true, false]);
      for (const release of releases) release();
      for (const id of ids) await isRead(org.id, id);
    } finally {
      for (const release of releases) release();
    }
  });

  it('[13.14] reads a directory that it claimed before the database failed at the claim of another', async () => {
    const { db } = server.services;
    const isRead = (orgId: string, id: string) =>
      eventually(async () => assert.ok((await findDirectoryRead(db, orgId, id))?.last_read_at, 'not read'));
    const other = await anOrgWithOwner(server);
    const [id, otherId] = [
      await connectGitHub(server, org.id, acme),
      await connectGitHub(server, other.id, github.addOrganization(`other-${other.id}`, 1)),
    ];
    await Promise.all([isRead(org.id, id), isRead(other.id, otherId)]);
    await sql`
      CREATE FUNCTION fail_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the claim failed'; END $$`.execute(db);
    await sql`
      CREATE TRIGGER fail_claim BEFORE UPDATE ON directory_reads FOR EACH ROW
      WHEN (NEW.lease IS NOT NULL AND NEW.integration_id = ${sql.lit(otherId)}) EXECUTE FUNCTION fail_claim()`.execute(db);
    try {
      await sql`
        UPDATE directory_reads SET last_read_at = NULL,
          next_read_at = clock_timestamp() - make_interval(mins => CASE integration_id WHEN ${id} THEN 2 ELSE 1 END)
        WHERE integration_id IN (${id}, ${otherId})`.execute(db);
      await isRead(org.id, id);
    } finally {
      await sql`DROP FUNCTION fail_claim CASCADE`.execute(db);
    }
    await isRead(other.id, otherId);
  });

  it('[13.14] disables the integration that the provider disconnected, mails the owners and changes nothing else', async () => {
    const { id, team, memberIds } = await following();
    acme.isInstalled = false;
    await call('POST', `integrations/${id}/sync/`, {});
    await eventually(async () => {
      const [record] = await storedRecords(server, org.id, 'integration');
      assert.deepEqual([record.status, record.disabledReason], ['disabled', 'GitHub no longer accepts the connection']);
    });
    await mailsTo(server, org.owner.email);
    await hasMembers(team.id, memberIds.slice(0, 4));
    assert.equal((await call('POST', `integrations/${id}/sync/`, {})).status, 400);
    acme.isInstalled = true;
    assert.equal((await call('POST', `integrations/${id}/`, { status: 'active' })).status, 200);
    await eventually(async () => assert.equal((await readOf(id)).last_error, null));
  });
});
