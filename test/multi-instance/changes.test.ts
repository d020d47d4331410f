import assert from 'node:assert/strict';
import { connect } from '../../client-sdk/src/index.ts';
import type { Scope } from '../../protocol/src/index.ts';
import { from, inside, outside, putList, trustTests } from '../support/address-lists.ts';
import { configureProvider, enforceSso, readyToEnforce } from '../support/auth-providers.ts';
import { EventStreamClient } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { BusFaults } from '../support/faulty-bus.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { aLoggedInMember, anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { readReceipt } from '../support/receipts.ts';
import { sharedRedis } from '../support/redis.ts';
import { forEachSeed, type SeededRandom, seededRandom } from '../support/seeds.ts';
import type { RequestOptions, TestServer } from '../support/server.ts';
import { readChanges, StreamReader } from '../support/stream-reader.ts';

/** HISTORIES sets the number of random histories. */
const seedCount = Number(process.env.HISTORIES ?? 3);
const actionsPerSeed = 30;

describe('the changes API on two instances', function () {
  this.timeout(120_000);
  let instances: Instances;
  let here: TestServer;
  let there: TestServer;

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, environment: trustTests });
    [here, there] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());

  /** A stream and a wait on each instance. */
  async function openAll(org: ProvisionedOrg, options: RequestOptions) {
    const { body } = await readChanges(here, org, '', options);
    const streams = await Promise.all(
      instances.servers.map((server) => EventStreamClient.open(server, org.slug, `changes/stream/?after=${body.after}`, options)),
    );
    const waits = instances.servers.map((server) => readChanges(server, org, `?after=${body.after}&wait=25`, options));
    for (const stream of streams) await stream.reach(body.head.revision);
    await eventually(() => {
      for (const { services } of instances.servers) assert.equal(services.events.readPath.viewersOf(org.id).length, 2);
    });
    return { streams, waits };
  }

  async function assertEnded({ streams, waits }: Awaited<ReturnType<typeof openAll>>, event: string, reason: string): Promise<void> {
    for (const stream of streams) {
      const last = await stream.ended();
      assert.deepEqual([last.event, last.data.reason], [event, reason]);
      assert.deepEqual(stream.changes, []);
    }
    for (const wait of waits) {
      const { status, body } = await wait;
      // A wait whose access ends before it has read the log is refused.
      if (status !== 401 && status !== 403) assert.deepEqual([status, body.data], [200, []]);
    }
  }

  it('[1.6] a receipt counts the streams and the waits that a removal ends', async () => {
    const org = await anOrganizationOf(here, await aPerson(here));
    const member = await aPerson(here);
    await addMember(here, org, member, 'member');
    const opened = await openAll(org, { token: member.token });
    const removed = await here.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, {
      token: org.owner.token,
      headers: { Prefer: 'wait=5' },
    });
    const { ms: _, ...receipt } = readReceipt(removed)!;
    assert.deepEqual(receipt, { outcome: 'complete', instances: 2, ended: 4 });
    await assertEnded(opened, 'revoked', 'removed');
    for (const server of instances.servers) assert.equal((await readChanges(server, org, '', { token: member.token })).status, 403);
  });

  it('[S-42] required single sign-on ends the streams and waits of sessions without a binding', async () => {
    const org: OrgWithOwner = await anOrgWithOwner(here);
    await configureProvider(here, org);
    await readyToEnforce(here, org);
    const member = await aLoggedInMember(here, org);
    const bySession = await openAll(org, { cookie: member.cookie });
    await enforceSso(here, org);
    await assertEnded(bySession, 'revoked', 'sso-required');
    const { status, body } = await readChanges(there, org, 'stream/', { cookie: member.cookie });
    assert.deepEqual([status, body.detail.code], [401, 'sso-required']);
  });

  it('[S-48] a list of addresses ends the streams and waits from outside, and refuses new ones', async () => {
    const org: OrgWithOwner = await anOrgWithOwner(here);
    const member = await aLoggedInMember(here, org);
    const opened = await openAll(org, { cookie: member.cookie, headers: from(outside) });
    const put = await putList(here, org, { isEnabled: true, rules: [inside] }, { cookie: org.cookie });
    assert.equal(put.status, 200, JSON.stringify(put.body));
    await assertEnded(opened, 'revoked', 'address-not-allowed');
    for (const path of ['', 'snapshot/', 'stream/']) {
      for (const address of [outside, `::ffff:${outside}`]) {
        const { status, body } = await readChanges(there, org, path, { cookie: member.cookie, headers: from(address) });
        assert.deepEqual([status, body.detail.code], [403, 'address-not-allowed'], `${path} from ${address}`);
      }
    }
    const { status } = await readChanges(there, org, '', { cookie: member.cookie, headers: from(inside) });
    assert.equal(status, 200);
  });

  it('a session that ends closes its streams and waits on every instance', async () => {
    const org: OrgWithOwner = await anOrgWithOwner(here);
    const member = await aLoggedInMember(here, org);
    const opened = await openAll(org, { cookie: member.cookie });
    const loggedOut = await here.request('POST', '/api/0/auth/logout/', { cookie: member.cookie });
    assert.equal(loggedOut.status, 204);
    await assertEnded(opened, 'goodbye', 'credential-revoked');
  });
});

async function act(server: TestServer, org: ProvisionedOrg, random: SeededRandom, people: readonly Person[], number: number) {
  const call = (method: string, path: string, body?: object) =>
    server.request(method, `/api/0${path}`, { token: org.owner.token, ...(body && { body }) });
  const member = random.pick(people).memberId;
  const own = `/organizations/${org.slug}/`;
  return random.pick([
    () => call('POST', `${own}teams/`, { slug: `team-${number}` }),
    () => call('PUT', own, { name: `Name ${number}` }),
    () => call('PUT', own, { isEarlyAdopter: random.chance(0.5) }),
    () => call('POST', `${own}members/`, { email: `guest-${number}@example.com`, orgRole: 'member' }),
    () => call('PUT', `${own}members/${member}/`, { teamRoles: [] }),
    () => call('POST', `${own}projects/`, { name: `Project ${number}` }),
  ])();
}

describe('streams, lists and replicas on two instances over a bus that drops, repeats, delays and reorders', () => {
  let instances: Instances;
  const faults = new BusFaults();
  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, wrapBus: (bus) => faults.wrap(bus) });
  });
  after(() => instances?.stop());

  it(`[15.1] have the same events for the same rights, over ${seedCount} random histories with disconnects`, async function () {
    this.timeout(600_000);
    await forEachSeed(seedCount, async (random, seed) => {
      faults.random = seededRandom(seed);
      const [server] = instances.servers as [TestServer];
      const org = await anOrganizationOf(server, await aPerson(server));
      const narrow: readonly Scope[] = ['org:read', 'team:read'];
      const people = [await aPerson(server), await aPerson(server), await aPerson(server, { scopes: narrow })];
      for (const [index, role] of (['manager', 'member', 'member'] as const).entries()) await addMember(server, org, people[index]!, role);
      const readers = [org.owner, ...people].map((person) => new StreamReader(person, org, instances.servers, random));
      const clients = readers.map(({ person }) => connect({ url: random.pick(instances.servers).url, token: person.token }));
      try {
        for (const [index, reader] of readers.entries()) {
          reader.replica = clients[index]!.organization(org.slug);
          await reader.replica.ready();
          await reader.begin();
        }
        for (let number = 0; number < actionsPerSeed; number++) {
          if (random.chance(0.3)) await random.pick(readers).reconnect();
          if (number === actionsPerSeed / 2) {
            const promoted = await server.request('PUT', `/api/0/organizations/${org.slug}/members/${people[1]!.memberId}/`, {
              token: org.owner.token,
              body: { orgRole: 'manager' },
            });
            for (const { replica } of readers) await replica.waitFor(revisionOf(promoted));
            await readers[2]!.beginAgain(revisionOf(promoted));
          }
          const done = await act(random.pick(instances.servers), org, random, people, number);
          assert.ok(done.status < 300, JSON.stringify(done.body));
          // One step for each revision: a replica that lags joins changes.
          for (const { replica } of readers) await replica.waitFor(revisionOf(done));
          for (const reader of readers) if (random.chance(0.5)) await reader.reach(revisionOf(done));
        }
        const { body } = await readChanges(server, org, '', { token: org.owner.token });
        for (const reader of readers) {
          await reader.reach(body.head.revision);
          const streamed = await reader.assertSameEvents();
          assert.ok(streamed.length > 0);
        }
      } finally {
        for (const client of clients) client[Symbol.dispose]();
        for (const reader of readers) reader.finish();
      }
    });
  });
});
