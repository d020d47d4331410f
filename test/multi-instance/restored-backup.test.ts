import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { decodeCursor } from '../../server/src/read-path/feed/cursor.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { aMigratedDatabase } from '../support/migrated-database.ts';
import { sharedPostgres, type TestDatabase } from '../support/postgres.ts';
import { anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { swapDatabases } from '../support/swap-databases.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** The revisions of each organization that the backup lacks. */
const lostCount = 2;
/**
 * The revisions that each organization gets between the restoring of the backup and its use. All
 * organizations except the first then get one more. Their histories are shorter than the lost ones,
 * as long, or longer.
 */
const newCounts = [0, 0, 1, 2];

interface RestoredOrg {
  readonly revision: number;
  readonly records: ReadonlyMap<string, unknown>;
}

describe('a restored backup whose writes take lost revision numbers again', function () {
  this.timeout(120_000);
  let database: TestDatabase;
  let backup: TestDatabase;
  let instances: Instances | null;
  let environment: Record<'SECRET' | 'LOG_LEVEL', string>;
  let owner: Person;
  let orgs: ProvisionedOrg[];
  /** The subscribers of each instance, one per organization. */
  let replicas: WireReplica[][];
  /** The cursors of the organizations' subscribers at the revisions that the backup has. */
  let cursors: string[];

  beforeEach(async () => {
    database = await aMigratedDatabase();
    environment = { SECRET: randomBytes(24).toString('hex'), LOG_LEVEL: 'silent' };
    const server = await startServer({ ...environment, DATABASE_URL: database.url });
    owner = await aPerson(server);
    orgs = await Promise.all(newCounts.map(() => anOrganizationOf(server, owner)));
    await server.stop();
    backup = await (await sharedPostgres()).createDatabase({ template: database });

    const { servers } = await start(database);
    replicas = await Promise.all(servers.map(({ url }) => Promise.all(orgs.map(({ slug }) => WireReplica.open(url, owner.token, slug)))));
    cursors = replicas[0]!.map(({ cursor }) => cursor!);
    for (const [index, org] of orgs.entries()) {
      for (let count = 0; count < lostCount; count++) {
        const revision = await createTeam(servers[count % servers.length]!, org);
        await Promise.all(replicas.map((ofInstance) => ofInstance[index]!.reach(revision)));
      }
    }
  });
  afterEach(async () => {
    for (const replica of replicas?.flat() ?? []) replica.close();
    await instances?.stop();
    for (const one of [database, backup]) await one?.drop();
  });

  async function start({ url }: TestDatabase): Promise<Instances> {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, environment: { ...environment, DATABASE_URL: url } });
    return instances;
  }

  /** An instance that has just connected to the backup may still have former connections. */
  function createTeam(server: TestServer, { slug }: ProvisionedOrg): Promise<number> {
    const team = `team-${nextNumber()}`;
    const call = { token: owner.token, body: { slug: team }, headers: { 'Idempotency-Key': team } };
    return eventually(async () => {
      const created = await server.request('POST', `/api/0/organizations/${slug}/teams/`, call);
      assert.equal(created.status, 201, JSON.stringify(created.body));
      return revisionOf(created);
    });
  }

  /** Writes to the backup before the instances use it. */
  async function continueBackup(): Promise<void> {
    const server = await startServer({ ...environment, DATABASE_URL: backup.url });
    for (const [index, org] of orgs.entries()) for (let count = 0; count < newCounts[index]!; count++) await createTeam(server, org);
    await server.stop();
  }

  async function writeAgain(server: TestServer): Promise<void> {
    for (const [index, org] of orgs.entries()) {
      if (index === 0) continue;
      const revision = await createTeam(server, org);
      assert.equal(revision, decodeCursor(cursors[index]!)!.revision + newCounts[index]! + 1);
    }
  }

  /** The state that a server without earlier subscribers sends. */
  function readState({ url }: TestServer): Promise<RestoredOrg[]> {
    return Promise.all(
      orgs.map(async ({ slug }) => {
        const replica = await WireReplica.open(url, owner.token, slug);
        replica.close();
        return { revision: replica.revision, records: replica.records() };
      }),
    );
  }

  function assertRestored(replica: WireReplica, { revision, records }: RestoredOrg): void {
    replica.check();
    assert.ok(replica.isLive, 'the replica is not complete');
    assert.equal(replica.revision, revision);
    assert.deepEqual(replica.records(), records);
  }

  it('[R2] subscribers of instances that kept running end at the restored state', async () => {
    await continueBackup();
    await swapDatabases(database, backup);
    await writeAgain(instances!.servers[0]!);
    const restored = await readState(await instances!.add());
    for (const ofInstance of replicas) {
      for (const [index, replica] of ofInstance.entries())
        await eventually(() => assertRestored(replica, restored[index]!), { timeoutMs: 30_000 });
    }
  });

  it('[R6] subscribers of restarted instances get a snapshot for a lost cursor, and resume from a cursor of the backup', async () => {
    const lostCursors = replicas[0]!.map(({ cursor }) => cursor!);
    for (const replica of replicas.flat()) replica.close();
    await instances!.stop();
    await continueBackup();
    const { servers } = await start(backup);
    await writeAgain(servers[0]!);
    const restored = await readState(await instances!.add());
    for (const { url } of servers.slice(0, 2)) {
      for (const [index, { slug }] of orgs.entries()) {
        const lost = await WireReplica.connect(url, owner.token);
        assert.equal((await lost.subscribe(slug, { cursor: lostCursors[index]! })).mode, 'snapshot');
        await eventually(() => assertRestored(lost, restored[index]!), { timeoutMs: 30_000 });
        lost.close();
        const continued = await WireReplica.connect(url, owner.token);
        assert.equal((await continued.subscribe(slug, { cursor: cursors[index]! })).mode, 'resume');
        continued.close();
      }
    }
  });
});
