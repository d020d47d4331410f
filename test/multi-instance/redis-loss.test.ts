import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { hasBus, type Instances, startInstances } from '../support/instances.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { redisCommand } from '../support/redis-command.ts';
import type { TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** A request that waited for Redis would take as long as the detection of a frozen Redis. */
const undelayedMs = 1_000;

describe('instances during an outage of Redis', () => {
  let redis: Redis;
  let instances: Instances;
  let owner: Person;
  let org: ProvisionedOrg;
  let replicas: WireReplica[];

  before(async () => {
    redis = await startRedis({ own: true });
    instances = await startInstances(2, { redisUrl: redis.url });
    owner = await aPerson(instances.servers[0]!);
  });
  after(async () => {
    await instances?.stop();
    await redis?.stop();
  });
  beforeEach(async () => {
    await everyBus('redis');
    org = await anOrganizationOf(instances.servers[0]!, owner);
    replicas = await Promise.all(instances.servers.map((server) => WireReplica.open(server.url, owner.token, org.slug)));
  });
  afterEach(() => {
    for (const replica of replicas) replica.close();
  });

  const everyBus = (status: 'redis' | 'redis-down') => Promise.all(instances.servers.map((server) => hasBus(server, status)));

  async function createTeam(server: TestServer): Promise<number> {
    const slug = `team-${nextNumber()}`;
    const created = await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    return revisionOf(created);
  }

  /** Waits without a request: each replica receives the revision by itself. */
  async function assertAllHold(revision: number): Promise<void> {
    const { body: oracle } = await instances.servers[0]!.operate('GET', `/organizations/${org.id}/state/?audience=owner`);
    assert.equal(oracle.revision, revision);
    for (const replica of replicas) {
      await eventually(() => {
        replica.check();
        assert.equal(replica.revision, revision);
      });
      assert.deepEqual(
        replica.records(),
        new Map(oracle.records.map(({ kind, id, record }: { kind: string; id: string; record: unknown }) => [`${kind}/${id}`, record])),
      );
    }
  }

  async function inTime<T>(what: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await what;
    const took = performance.now() - startedAt;
    assert.ok(took < undelayedMs, `it took ${took} ms`);
    return result;
  }

  it('[R2] [R4] miss no change of a burst during which Redis is killed, including its last notice', async () => {
    const [first, second] = instances.servers as [TestServer, TestServer];
    for (let written = 0; written < 20; written++) await createTeam(written % 2 ? first : second);
    const burst = Array.from({ length: 20 }, (_, written) => createTeam(written % 2 ? first : second));
    await burst[5];
    await redis.kill();
    await Promise.all(burst);
    const last = await createTeam(first);
    await assertAllHold(last);

    await everyBus('redis-down');
    await assertAllHold(await inTime(createTeam(second)));
    await redis.restart();
    await everyBus('redis');
    await assertAllHold(await createTeam(first));
  });

  it('[R4] report in their pongs that Redis is down, for as long as it is', async () => {
    const saidOfRedis = () =>
      Promise.all(
        replicas.map(async (replica) => {
          const { length } = replica.frames;
          replica.ping();
          return eventually(() => {
            const pong = replica.frames.slice(length).find(({ event }) => event === 'pong');
            assert.ok(pong, 'no pong arrived');
            return pong.payload.bus;
          });
        }),
      );
    assert.deepEqual(await saidOfRedis(), [undefined, undefined]);
    await redis.kill();
    await everyBus('redis-down');
    assert.deepEqual(await saidOfRedis(), ['redis-down', 'redis-down']);
    await redis.restart();
    await everyBus('redis');
    assert.deepEqual(await saidOfRedis(), [undefined, undefined]);
  });

  it('[R3] miss nothing if only their subscribing connections are killed', async () => {
    const [first, second] = instances.servers as [TestServer, TestServer];
    let last = 0;
    for (let round = 0; round < 5; round++) {
      const writing = createTeam(first);
      await redisCommand(redis.port, 'client', 'kill', 'type', 'pubsub');
      await writing;
      last = await createTeam(second);
    }
    await assertAllHold(last);
  });

  it('[W8] [R4] [V16.5.2] write, serve new subscribers and end access while Redis is frozen', async () => {
    const [first, second] = instances.servers as [TestServer, TestServer];
    const leaving = await aPerson(first);
    await addMember(first, org, leaving, 'member');
    const replica = await WireReplica.open(second.url, leaving.token, org.slug);
    redis.pause();
    try {
      const removing = first.request('DELETE', `/api/0/organizations/${org.slug}/members/${leaving.memberId}/`, { token: owner.token });
      assert.equal((await inTime(removing)).status, 204);
      await inTime(eventually(() => assert.equal(replica.revoked?.reason, 'removed')));
      await assertAllHold(await inTime(createTeam(first)));
      replicas.push(await inTime(WireReplica.open(second.url, owner.token, org.slug)));
      await assertAllHold(await inTime(createTeam(first)));
      await everyBus('redis-down');
      replicas.push(await inTime(WireReplica.open(first.url, owner.token, org.slug)));
      await assertAllHold(await inTime(createTeam(second)));
    } finally {
      redis.resume();
      replica.close();
    }
    await everyBus('redis');
    await assertAllHold(await createTeam(first));
  });

  it('[R4] start without it, and connect to it later', async () => {
    await redis.kill();
    const startedAt = performance.now();
    const late = await instances.add();
    assert.ok(performance.now() - startedAt < 5_000, 'the start waited for Redis');
    await hasBus(late, 'redis-down');
    replicas.push(await WireReplica.open(late.url, owner.token, org.slug));
    await assertAllHold(await createTeam(instances.servers[0]!));
    await redis.restart();
    await everyBus('redis');
    await assertAllHold(await createTeam(late));
  });
});
