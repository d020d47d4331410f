import assert from 'node:assert/strict';
import { TcpLink } from '../faults/links/tcp-link.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { type Postgres, type Standby, type StandbyOptions, startPostgres, withClient } from '../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The writes of each instance before and after the loss, so that some are under way during it. */
const writesMin = 10;
/** Several sweeps of both instances. */
const connectionsMin = 20;
/** A promotion takes a second, on a busy machine several. */
const patient = { timeoutMs: 30_000 };

/** Creates a team. Repeats the request under its key until it succeeds, as the SDK does. */
async function createTeam(
  server: TestServer,
  { slug: org, owner }: ProvisionedOrg,
  slug: string,
  statuses = new Set<number>(),
): Promise<number> {
  const call = { token: owner.token, body: { slug }, headers: { 'Idempotency-Key': `${org} ${slug}` } };
  return eventually(
    async () => {
      const created = await server.request('POST', `/api/0/organizations/${org}/teams/`, call);
      statuses.add(created.status);
      assert.equal(created.status, 201, JSON.stringify(created.body));
      return revisionOf(created);
    },
    { ...patient, intervalMs: 100 },
  );
}

/** Creates teams through one instance, one after the other. */
class TeamWriter {
  readonly revisions = new Map<string, number>();
  readonly statuses = new Set<number>();
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(server: TestServer, org: ProvisionedOrg) {
    this.#running = this.#run(server, org);
    this.#running.catch(() => {});
  }

  async #run(server: TestServer, org: ProvisionedOrg): Promise<void> {
    while (!this.#isOver) {
      const slug = `team-${nextNumber()}`;
      this.revisions.set(slug, await createTeam(server, org, slug, this.statuses));
    }
  }

  async writeSome(): Promise<void> {
    const before = this.revisions.size;
    await eventually(() => assert.ok(this.revisions.size >= before + writesMin, 'the writes did not succeed'), patient);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }
}

describe('instances that lose the primary of their database', function () {
  this.timeout(120_000);
  let postgres: Postgres;
  let standby: Standby;
  let instances: Instances;
  let replicas: WireReplica[];
  /** In place of both hosts. */
  let address: TcpLink | null;

  /** As docs/operating/database.md describes it. */
  async function start({ isSynchronous }: StandbyOptions): Promise<void> {
    standby = await postgres.addStandby({ isSynchronous });
    const hosts = address ? `127.0.0.1:${address.port}` : `127.0.0.1:${standby.port},127.0.0.1:${postgres.port}`;
    const DATABASE_URL = `postgres://postgres@${hosts}/postgres?target_session_attrs=read-write`;
    const { url: redisUrl } = await sharedRedis();
    instances = await startInstances(2, { redisUrl, environment: { DATABASE_URL, LOG_LEVEL: 'silent' } });
  }
  beforeEach(async () => {
    replicas = [];
    address = null;
    postgres = await startPostgres({ own: true });
  });
  afterEach(async () => {
    for (const replica of replicas) replica.close();
    await instances?.stop();
    await address?.close();
    await postgres?.stop();
  });

  /** Lets the standby receive what was committed so far, and nothing later. */
  async function detachStandby(): Promise<void> {
    const headsOf = (url: string) =>
      withClient(
        url,
        async (client) => (await client.query('SELECT organization_id, revision FROM org_heads ORDER BY organization_id')).rows,
      );
    await eventually(async () => assert.deepEqual(await headsOf(standby.url), await headsOf(postgres.url)), patient);
    await standby.detach();
  }

  async function subscribe({ token }: Person, { slug }: ProvisionedOrg): Promise<WireReplica[]> {
    const opened = await Promise.all(instances.servers.map(({ url }) => WireReplica.open(url, token, slug)));
    replicas.push(...opened);
    return opened;
  }

  async function remove({ slug, owner }: ProvisionedOrg, { memberId }: Person): Promise<void> {
    const removed = await instances.servers[1]!.request('DELETE', `/api/0/organizations/${slug}/members/${memberId}/`, {
      token: owner.token,
    });
    assert.equal(removed.status, 204);
  }

  /** The records of the database, read through an instance. */
  async function readState(server: TestServer, { id }: ProvisionedOrg) {
    return eventually(async () => {
      const { status, body } = await server.operate('GET', `/organizations/${id}/state/?audience=owner`);
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    }, patient);
  }

  /** Waits without a ping until the replicas hold all records of the database. */
  async function assertAllHold(org: ProvisionedOrg, owned: readonly WireReplica[]): Promise<void> {
    for (const server of instances.servers) {
      const oracle = await readState(server, org);
      const records = new Map(
        oracle.records.map(({ kind, id, record }: { kind: string; id: string; record: unknown }) => [`${kind}/${id}`, record]),
      );
      for (const replica of owned) {
        await eventually(() => {
          replica.check();
          assert.ok(replica.isLive, 'the replica is not complete');
          assert.equal(replica.revision, oracle.revision);
          // A lost revision may have the same number.
          assert.deepEqual(replica.records(), records);
        }, patient);
      }
    }
  }

  /** Access has ended on the open connections, and is not given again. */
  async function assertNoAccess(person: Person, { slug }: ProvisionedOrg, opened: readonly WireReplica[]): Promise<void> {
    for (const replica of opened) {
      await eventually(() => {
        replica.check();
        assert.ok(replica.revoked, 'the subscription did not end');
      }, patient);
    }
    for (const { url } of instances.servers) {
      const again = await WireReplica.connect(url, person.token);
      replicas.push(again);
      assert.equal((await again.subscribe(slug)).mode, 'denied');
    }
  }

  it('[R12] [H-32] keep every acknowledged write, and their subscribers miss nothing, if replication is synchronous', async () => {
    await start({ isSynchronous: true });
    const [first] = instances.servers as [TestServer, TestServer];
    const org = await anOrganizationOf(first, await aPerson(first));
    const [member, removed] = [await aPerson(first), await aPerson(first)];
    for (const person of [member, removed]) await addMember(first, org, person, 'member');
    const owned = await subscribe(org.owner, org);
    const ofMember = await subscribe(member, org);
    const ofRemoved = await subscribe(removed, org);

    const writers = instances.servers.map((server) => new TeamWriter(server, org));
    await Promise.all(writers.map((writer) => writer.writeSome()));
    await remove(org, removed);
    await postgres.kill();
    await standby.promote();
    await Promise.all(writers.map((writer) => writer.writeSome()));
    await Promise.all(writers.map((writer) => writer.stop()));

    const statuses = new Set(writers.flatMap((writer) => [...writer.statuses]));
    assert.deepEqual([...statuses].sort(), [201, 503]);
    const written = new Map(writers.flatMap((writer) => [...writer.revisions]));
    const { records, revision } = await readState(first, org);
    const slugs = records.flatMap(({ kind, record }: { kind: string; record: { slug: string } }) => (kind === 'team' ? record.slug : []));
    assert.deepEqual(slugs.sort(), [...written.keys()].sort());
    assert.equal(new Set(written.values()).size, written.size, 'two writes were acknowledged with one revision');

    await assertAllHold(org, owned);
    for (const replica of ofMember) await replica.reach(revision);
    for (const replica of [...owned, ...ofMember])
      assert.ok(!replica.frames.some(({ event }) => event === 'resync'), 'a replica began again');
    await assertNoAccess(removed, org, ofRemoved);
    for (const server of instances.servers) {
      await eventually(async () => assert.equal((await server.request('GET', '/readyz')).status, 200));
    }
  });

  it('[R2] bring all subscribers to the state of a standby that lacks the last commits', async () => {
    await start({ isSynchronous: false });
    const [first, second] = instances.servers as [TestServer, TestServer];
    const owner = await aPerson(first);
    const [written, quiet] = [await anOrganizationOf(first, owner), await anOrganizationOf(first, owner)];
    const [removed, added] = [await aPerson(first), await aPerson(first)];
    await addMember(first, written, removed, 'member');
    const [ofWritten, ofQuiet] = [await subscribe(owner, written), await subscribe(owner, quiet)];
    const ofRemoved = await subscribe(removed, written);
    await remove(written, removed);
    await detachStandby();
    const lost = ['lost-1', 'lost-2'];
    for (const org of [written, quiet]) {
      await createTeam(first, org, lost[0]!);
      await createTeam(second, org, lost[1]!);
    }
    await addMember(second, quiet, added, 'member');
    const ofAdded = await subscribe(added, quiet);
    await assertAllHold(written, ofWritten);
    await assertAllHold(quiet, ofQuiet);

    await postgres.kill();
    await standby.promote();
    for (const server of instances.servers) await createTeam(server, written, `team-${nextNumber()}`);
    await eventually(() => {
      for (const replica of [...ofWritten, ...ofQuiet]) {
        const slugs = [...replica.state.all()].flatMap(({ kind, record }) => (kind === 'team' ? String(record.slug) : []));
        assert.ok(replica.isLive && !slugs.some((slug) => lost.includes(slug)), 'a replica has a team that the database lost');
      }
    }, patient);
    await assertAllHold(written, ofWritten);
    await assertAllHold(quiet, ofQuiet);
    await assertNoAccess(removed, written, ofRemoved);
    await assertNoAccess(added, quiet, ofAdded);
  });

  it('[R12] read nothing from a standby that the address of the database reaches before the promotion', async () => {
    let isMoved = false;
    let connections = 0;
    const target = () => {
      if (isMoved) connections++;
      return isMoved ? standby.port : postgres.port;
    };
    address = await TcpLink.open({ target });
    await start({ isSynchronous: false });
    const [first, second] = instances.servers as [TestServer, TestServer];
    const org = await anOrganizationOf(first, await aPerson(first));
    const owned = await subscribe(org.owner, org);
    await detachStandby();
    const lost = await createTeam(first, org, 'lost');
    await assertAllHold(org, owned);

    await postgres.kill();
    isMoved = true;
    await eventually(() => {
      for (const replica of owned) assert.deepEqual([replica.isLive, replica.revision], [true, lost]);
      assert.ok(connections >= connectionsMin, 'the instances have not reached the standby');
    }, patient);
    await standby.promote();
    await createTeam(second, org, 'next');
    await assertAllHold(org, owned);
  });
});
