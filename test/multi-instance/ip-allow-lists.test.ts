import assert from 'node:assert/strict';
import { connectFrom, from, inside, openFrom, outside, previewList, putList, trustTests } from '../support/address-lists.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { revisionOf } from '../support/provision.ts';
import { sharedRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';

/** The number of races. They differ in their interleaving. */
const rounds = Number(process.env.ROUNDS ?? 30);
const concurrency = 4;

describe('IP allow lists on two instances', function () {
  this.timeout(3_600_000);
  let instances: Instances;
  let here: TestServer;
  let there: TestServer;

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, environment: trustTests });
    [here, there] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());

  /** Saves a list that omits the address `outside`, after this many turns of the event loop. */
  async function restrict(server: TestServer, org: OrgWithOwner, turns: number): Promise<number> {
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    const put = await putList(server, org, { isEnabled: true, rules: [inside] }, { cookie: org.cookie });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    return revisionOf(put);
  }

  async function rename(server: TestServer, org: OrgWithOwner, name: string): Promise<number> {
    const options = { cookie: org.cookie, headers: from(inside), body: { name } };
    const renamed = await server.request('PUT', `/api/0/organizations/${org.slug}/`, options);
    assert.equal(renamed.status, 200, JSON.stringify(renamed.body));
    return revisionOf(renamed);
  }

  async function race(org: OrgWithOwner, number: number): Promise<string> {
    const [changing, serving] = number % 2 === 0 ? [here, there] : [there, here];
    await putList(changing, org, { isEnabled: false }, { cookie: org.cookie });
    const kept = await openFrom(serving, org.cookie, inside, org);
    const replica = await connectFrom(serving, org.cookie, outside);
    const subscribe = async () => {
      for (let turn = 0; turn < (number * 7) % 60; turn++) await new Promise((resolve) => setImmediate(resolve));
      return replica.subscribe(org.slug);
    };
    const [answer, change] = await Promise.all([subscribe(), restrict(changing, org, (number * 13) % 90)]);
    const later = await rename(changing, org, `Renamed ${number}`);
    await kept.reach(later);
    if (answer.mode !== 'denied') await eventually(() => assert.equal(replica.revoked?.reason, 'address-not-allowed'));
    replica.check();
    const received = JSON.stringify(replica.frames.filter(({ event }) => event !== 'revoked'));
    assert.ok(!received.includes(`"Renamed ${number}"`), 'a later revision was sent');
    assert.ok(replica.revision < change, `the replica from outside is at revision ${replica.revision}, and the change is ${change}`);
    replica.close();
    kept.close();
    return answer.mode;
  }

  it('[S-49] a client outside the list, subscribing while the list changes, receives nothing later than the change', async () => {
    const outcomes: string[] = [];
    let next = 0;
    const run = async () => {
      const org = await anOrgWithOwner(here);
      for (let number = next++; number < rounds; number = next++) outcomes.push(await race(org, number));
    };
    await Promise.all(Array.from({ length: concurrency }, run));
    assert.equal(outcomes.length, rounds);
    if (rounds >= 100) assert.deepEqual([...new Set(outcomes)].toSorted(), ['denied', 'snapshot'], 'only one of the two orders occurred');
  });

  it('[S-49] the preview names exactly what saving the list ends, on both instances', async () => {
    const org = await anOrgWithOwner(here);
    const addresses = [inside, outside, '198.51.100.8', '10.20.30.40', '2001:db8::5'];
    const replicas = await Promise.all(
      addresses.flatMap((address, index) =>
        instances.servers.flatMap((server) => Array.from({ length: index + 1 }, () => openFrom(server, org.cookie, address, org))),
      ),
    );
    const draft = {
      isEnabled: true,
      rules: [inside, '10.0.0.0/8', { cidr: '198.51.100.8', expiresAt: new Date(Date.now() + 3_600_000).toISOString() }],
    };
    // Repeats the request if a busy machine delayed it.
    const { status, body } = await eventually(async () => {
      const startedAt = Date.now();
      const response = await previewList(there, org, draft, { cookie: org.cookie });
      assert.ok(Date.now() - startedAt < 500, `${Date.now() - startedAt} ms`);
      return response;
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual([body.instances, body.complete, body.wouldEnd], [2, true, 2 * 2 + 2 * 5]);
    const put = await putList(here, org, draft, { cookie: org.cookie });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    // A replica that does not end receives the revision.
    await eventually(() => {
      for (const { revoked, revision } of replicas)
        assert.ok(revoked !== null || revision >= revisionOf(put), 'the revision has not arrived');
    });
    const ended = replicas.filter(({ revoked }) => revoked !== null);
    assert.equal(ended.length, body.wouldEnd);
    for (const replica of replicas) replica.close();
    const again = await previewList(there, org, draft, { cookie: org.cookie });
    assert.equal(again.body.wouldEnd, 0);
  });
});
