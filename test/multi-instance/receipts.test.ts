import assert from 'node:assert/strict';
import pg from 'pg';
import { configureProvider } from '../support/auth-providers.ts';
import { eventually } from '../support/eventually.ts';
import { hasBus, type Instances, startInstances } from '../support/instances.ts';
import { setUpSecondFactor } from '../support/log-in.ts';
import { aLoggedInMember, anOrgWithOwner } from '../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { addSilentInstance, readReceipt, removeSilentInstance } from '../support/receipts.ts';
import { type Redis, sharedRedis, startRedis } from '../support/redis.ts';
import { bindSession, linkIdentity } from '../support/security-records.ts';
import type { TestResponse, TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

/** ROUNDS sets the number of races. */
const rounds = Number(process.env.ROUNDS ?? 15);
const concurrency = 6;
/** The time for a round on a machine that does other work. */
const roundMsMax = 30_000;

function remove(server: TestServer, org: ProvisionedOrg, member: Person, wait: number): Promise<TestResponse> {
  return server.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
    token: org.owner.token,
    headers: { Prefer: `wait=${wait}` },
  });
}

async function aMemberOf(server: TestServer, org: ProvisionedOrg): Promise<Person> {
  const member = await aPerson(server);
  await addMember(server, org, member, 'member');
  return member;
}

describe('three instances on one Redis', function () {
  this.timeout(Math.max(3_600_000, rounds * roundMsMax));
  let instances: Instances;
  let owner: Person;
  before(async () => {
    instances = await startInstances(3, { redisUrl: (await sharedRedis()).url });
    owner = await aPerson(instances.servers[0]!);
  });
  after(() => instances?.stop());

  it('[1.6] count the subscriptions that a removal ended on every instance', async () => {
    const [first] = instances.servers as [TestServer];
    const org = await anOrganizationOf(first, owner);
    const member = await aMemberOf(first, org);
    const replicas = await Promise.all(
      [...instances.servers, ...instances.servers].map((server) => WireReplica.open(server.url, member.token, org.slug)),
    );
    const removed = await remove(first, org, member, 5);
    assert.equal(removed.status, 204);
    assert.equal(removed.headers.get('preference-applied'), 'wait');
    const { ms, ...receipt } = readReceipt(removed)!;
    assert.deepEqual(receipt, { outcome: 'complete', instances: 3, ended: 6 });
    assert.ok(ms < 5_000);
    for (const replica of replicas) await eventually(() => assert.ok(replica.revoked, 'access has not ended'));
    for (const replica of replicas) replica.close();
  });

  it('[1.6] [A2] send a removed member no frame of the removal or of a later revision after a complete receipt', async () => {
    const timings: number[] = [];
    let next = 0;
    const runner = async () => {
      const own = await aPerson(instances.servers[0]!);
      for (let number = next++; number < rounds; number = next++) {
        const [here, there, elsewhere] = [0, 1, 2].map((at) => instances.servers[(number + at) % 3]!) as [
          TestServer,
          TestServer,
          TestServer,
        ];
        const org = await anOrganizationOf(here, own);
        const member = await aMemberOf(here, org);
        const replicas = await Promise.all(instances.servers.map(({ url }) => WireReplica.connect(url, member.token)));
        const subscribed = Promise.all(replicas.map((replica) => replica.subscribe(org.slug)));
        if (number % 2 === 0) await subscribed;
        // Others write at the same time, so the notices of the removal may arrive out of order.
        const write = (server: TestServer, slug: string) =>
          server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: own.token, body: { slug } });
        const others = [write(there, 'there'), write(elsewhere, 'elsewhere')];
        const removed = await remove(here, org, member, 10);
        const receipt = readReceipt(removed)!;
        assert.deepEqual([removed.status, receipt.outcome, receipt.instances], [204, 'complete', 3]);
        if (number % 2 === 0) assert.equal(receipt.ended, 3);
        timings.push(receipt.ms);
        const at = revisionOf(removed);
        const again = await Promise.all(instances.servers.map(({ url }) => WireReplica.connect(url, member.token)));
        const answers = await Promise.all(again.map((replica) => replica.subscribe(org.slug)));
        assert.deepEqual(
          answers.map(({ mode }) => mode),
          ['denied', 'denied', 'denied'],
        );
        await Promise.all([...others, subscribed]);
        const later = revisionOf(await write(there, 'later'));
        for (const { url } of instances.servers) {
          const follower = await WireReplica.open(url, own.token, org.slug);
          await follower.reach(later);
          follower.close();
        }
        for (const replica of replicas) {
          replica.check();
          for (const { event, payload } of replica.frames) {
            const reached = event === 'step' ? payload.to : event === 'snapshot-end' ? payload.revision : 0;
            assert.ok(reached < at, `a ${event} of revision ${reached} arrived, but revision ${at} removed the member`);
          }
        }
        for (const replica of [...replicas, ...again]) replica.close();
      }
    };
    await Promise.all(Array.from({ length: concurrency }, runner));
    assert.equal(timings.length, rounds);
    timings.sort((a, b) => a - b);
    console.log(`      complete receipts: p50 ${timings[Math.floor(rounds * 0.5)]} ms, p99 ${timings[Math.floor(rounds * 0.99)]} ms`);
  });

  it('[1.6] [H-52] count the subscriptions of the sessions that a reset of the second factor ends', async () => {
    const [first] = instances.servers as [TestServer];
    const org = await anOrganizationOf(first, owner);
    const { cookie, ...member } = await aLoggedInMember(first, org);
    await setUpSecondFactor(first, cookie);
    const replicas = await Promise.all(instances.servers.map(({ url }) => WireReplica.open(url, { cookie }, org.slug)));
    const reset = await first.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/second-factor/`, {
      token: owner.token,
      headers: { Prefer: 'wait=5' },
    });
    assert.equal(reset.status, 204, JSON.stringify(reset.body));
    const { ms: _, ...receipt } = readReceipt(reset)!;
    assert.deepEqual(receipt, { outcome: 'complete', instances: 3, ended: 3 });
    for (const replica of replicas) await eventually(() => assert.equal(replica.frames.at(-1)?.payload.reason, 'credential-revoked'));
  });

  it('[1.6] count the subscriptions that close because an identity is unlinked', async () => {
    const [first] = instances.servers as [TestServer];
    const org = await anOrgWithOwner(first);
    await configureProvider(first, org);
    const { cookie, ...member } = await aLoggedInMember(first, org);
    await bindSession(first, cookie, await linkIdentity(first, org.id, member));
    const replicas = await Promise.all(instances.servers.map(({ url }) => WireReplica.open(url, { cookie }, org.slug)));
    const unlinked = await first.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/sso-identity/`, {
      cookie: org.cookie,
      headers: { Prefer: 'wait=5' },
    });
    assert.equal(unlinked.status, 204, JSON.stringify(unlinked.body));
    const { ms: _, ...receipt } = readReceipt(unlinked)!;
    assert.deepEqual(receipt, { outcome: 'complete', instances: 3, ended: 3 });
    for (const replica of replicas) await eventually(() => assert.equal(replica.frames.at(-1)?.event, 'goodbye'));
  });

  it('[1.6] serve other writes while 1,000 wait', async () => {
    const [first] = instances.servers as [TestServer];
    const owners = await Promise.all(Array.from({ length: 10 }, () => aPerson(first)));
    const orgs = await Promise.all(owners.map((one) => anOrganizationOf(first, one)));
    const create = (number: number, headers: Record<string, string>) => {
      const org = orgs[number % orgs.length]!;
      const options = { token: org.owner.token, body: { slug: `team-${number}` }, headers };
      return instances.servers[number % 3]!.request('POST', `/api/0/organizations/${org.slug}/teams/`, options);
    };
    const database = new pg.Client(instances.environment.DATABASE_URL);
    await database.connect();
    try {
      await addSilentInstance(database);
      const answers: Promise<TestResponse>[] = [];
      const committed = async () => Number((await database.query('SELECT count(*) FROM teams')).rows[0].count);
      const before = await committed();
      for (let number = 0; number < 1_000; number++) {
        answers.push(create(number, { Prefer: 'wait=10' }));
        if (number % 50 === 49) await eventually(async () => assert.equal((await committed()) - before, number + 1), { timeoutMs: 10_000 });
      }
      const unwaited = await create(1_000, {});
      assert.equal(unwaited.status, 201);
      assert.equal(unwaited.headers.get('rollcall-applied'), null);
      await removeSilentInstance(database);
      const receipts = (await Promise.all(answers)).map(readReceipt);
      // The first ones may have waited for their ten seconds on a busy machine.
      assert.deepEqual([...new Set(receipts.slice(-100).map((receipt) => receipt?.outcome))], ['complete']);
      assert.ok(receipts.every((receipt) => receipt !== null && receipt.instances === 3));
    } finally {
      await database.end();
    }
  });
});

describe('two instances without a bus', () => {
  it('[1.6] return partial receipts while Redis is down, and complete ones when it is back', async () => {
    const redis: Redis = await startRedis({ own: true });
    const instances = await startInstances(2, { redisUrl: redis.url });
    try {
      const [first] = instances.servers as [TestServer];
      const org = await anOrganizationOf(first, await aPerson(first));
      await redis.kill();
      await Promise.all(instances.servers.map((server) => hasBus(server, 'redis-down')));
      const cut = readReceipt(await remove(first, org, await aMemberOf(first, org), 0.5))!;
      assert.deepEqual([cut.outcome, cut.instances, cut.missing], ['partial', 1, 1]);
      // Timers may fire up to a millisecond early.
      assert.ok(cut.ms >= 499, `the wait was cut at ${cut.ms} ms`);
      await redis.restart();
      await Promise.all(instances.servers.map((server) => hasBus(server, 'redis')));
      const whole = readReceipt(await remove(first, org, await aMemberOf(first, org), 5))!;
      assert.deepEqual([whole.outcome, whole.instances], ['complete', 2]);
    } finally {
      await instances.stop();
      await redis.stop();
    }
  });

  it('[1.6] return partial receipts without Redis, and complete ones once one instance is left', async () => {
    const instances = await startInstances(2);
    try {
      const [first, second] = instances.servers as [TestServer, TestServer];
      const org = await anOrganizationOf(first, await aPerson(first));
      const both = readReceipt(await remove(first, org, await aMemberOf(first, org), 0.3))!;
      assert.deepEqual([both.outcome, both.instances, both.missing], ['partial', 1, 1]);
      await second.stop();
      const one = readReceipt(await remove(first, org, await aMemberOf(first, org), 5))!;
      assert.deepEqual([one.outcome, one.instances], ['complete', 1]);
    } finally {
      await instances.stop();
    }
  });
});
