import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { findDirectoryRead } from '../../server/src/features/integrations/database/directory-reads.ts';
import { aFollowingTeam, connectGitHub, mappedMembers } from '../support/directories.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { type GitHubOrganization, GitHubStandIn, githubSettings } from '../support/providers/github.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { storedRecords } from '../support/stored-records.ts';

describe('directories, on several instances', function () {
  this.timeout(120_000);
  let github: GitHubStandIn;
  let instances: Instances;
  let org: OrgWithOwner;
  let acme: GitHubOrganization;

  async function start(count: number, environment: Readonly<Record<string, string>>): Promise<void> {
    instances = await startInstances(count, { environment });
    org = await anOrgWithOwner(instances.servers[0]!);
  }

  beforeEach(async () => {
    github = await GitHubStandIn.start();
    acme = github.addOrganization('acme', 10);
  });
  afterEach(async () => {
    await instances?.stop();
    await github.stop();
  });

  const db = () => instances.servers[0]!.services.db;
  const readings = () => github.requests.filter((request) => request.startsWith('GET /orgs/acme/members')).length;

  it('[13.14] read each directory once, regardless of the instance that gets the notice', async () => {
    await start(2, githubSettings(github.url));
    const id = await connectGitHub(instances.servers[0]!, org.id, acme);
    for (let count = 1; count <= 4; count++) {
      await eventually(async () => {
        const { lease, next_read_at } = (await findDirectoryRead(db(), org.id, id))!;
        assert.ok(lease === null && Date.parse(next_read_at) > Date.now() + 60_000, 'not read');
      });
      assert.equal(readings(), count);
      await Promise.all(instances.servers.map(({ services }) => services.directories.readNow(org.id, id, { confirm: false })));
    }
  });

  it('[S-53] another instance repeats a read that a killed instance began, up to the provider’s current state', async () => {
    // This instance reads no directories.
    await start(1, {});
    const [server] = instances.servers;
    const id = await connectGitHub(server!, org.id, acme);
    const members = await mappedMembers(server!, org, id, acme, 4);
    acme.teams.set(7, { slug: 'backend', people: [...acme.people.keys()].slice(0, 3) });
    const team = await aFollowingTeam(server!, org, id, { id: 7, slug: 'backend' });
    const onTeam = async () =>
      (await storedRecords(server!, org.id, 'team-member')).filter(({ teamId }) => teamId === team.id).map(({ memberId }) => memberId);
    const another = (failpoint?: string): StartedProcess =>
      startProcess(['start'], {
        ...{ ...instances.environment, ...githubSettings(github.url), PORT: '0', DATA_DIR: makeTemporaryDirectory('data') },
        ...(failpoint && { ROLLCALL_FAILPOINT: failpoint }),
      });
    const endLease = () => db().updateTable('directory_reads').set({ leased_until: sql<string>`clock_timestamp()` }).execute();

    assert.equal((await another('before-directory-sync:1').exit).signal, 'SIGKILL');
    assert.deepEqual(await onTeam(), []);
    await endLease();
    assert.equal((await another('after-directory-sync:1').exit).signal, 'SIGKILL');
    assert.equal((await onTeam()).length, 3);
    assert.equal((await findDirectoryRead(db(), org.id, id))!.last_read_at, null);
    acme.teams.get(7)!.people.push([...acme.people.keys()][3]!);
    await endLease();
    const last = another();
    await eventually(async () => assert.ok((await findDirectoryRead(db(), org.id, id))!.last_read_at, 'not read'), { timeoutMs: 30_000 });
    assert.deepEqual((await onTeam()).sort(), members.map(({ memberId }) => memberId).sort());
    await last.kill('SIGKILL');
  });

  it('[S-53] another instance uses a confirmation whose reading the stop of an instance or a failure interrupted, and only once', async () => {
    await start(1, githubSettings(github.url));
    const [server] = instances.servers;
    const id = await connectGitHub(server!, org.id, acme);
    await mappedMembers(server!, org, id, acme, 4);
    const people = [...acme.people.keys()].slice(0, 4);
    acme.teams.set(7, { slug: 'backend', people });
    const team = await aFollowingTeam(server!, org, id, { id: 7, slug: 'backend' });
    let current = server!;
    const onTeam = async () => (await storedRecords(current, org.id, 'team-member')).filter(({ teamId }) => teamId === team.id).length;
    const read = async (confirm: boolean) => {
      const before = (await findDirectoryRead(current.services.db, org.id, id))!.last_read_at;
      await current.services.directories.readNow(org.id, id, { confirm });
      await eventually(async () => {
        const { last_read_at, lease } = (await findDirectoryRead(current.services.db, org.id, id))!;
        assert.ok(lease === null && last_read_at !== before, 'not read');
      });
    };
    await read(false);
    await eventually(async () => assert.equal(await onTeam(), 4));
    people.splice(0);
    await read(false);
    assert.equal(await onTeam(), 4, 'a person has to confirm the removal');

    github.next.push({ path: /\/orgs\/acme\/members/, status: 502 });
    const release = github.hold(/\/orgs\/acme\/members/);
    await current.services.directories.readNow(org.id, id, { confirm: true });
    await eventually(() => assert.deepEqual(github.held, []));
    release();
    await eventually(async () => assert.ok((await findDirectoryRead(current.services.db, org.id, id))!.last_error, 'it has not failed'));
    assert.equal(await onTeam(), 4);
    const releaseAgain = github.hold(/\/orgs\/acme\/members/);
    await db().updateTable('directory_reads').set({ next_read_at: sql<string>`clock_timestamp()` }).execute();
    await eventually(() => assert.deepEqual(github.held, []));
    await server!.stop();
    releaseAgain();
    current = await instances.add();
    await eventually(async () => assert.equal(await onTeam(), 0), { timeoutMs: 20_000 });

    people.push(...[...acme.people.keys()].slice(0, 4));
    await read(false);
    await eventually(async () => assert.equal(await onTeam(), 4));
    people.splice(0);
    await read(false);
    assert.equal(await onTeam(), 4, 'the confirmation was used twice');
  });
});
