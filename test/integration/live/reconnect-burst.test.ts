import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { OrgState } from '../../../protocol/src/index.ts';
import type { CounterName } from '../../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** Half of the subscribers see the records of owners, half those of members. */
const replicaCount = 300;
const audienceCount = 2;
const reads = ['logReads', 'headReads', 'nameReads', 'credentialReads'] as const satisfies readonly CounterName[];

interface Kept {
  readonly person: Person;
  readonly cursor: string | null;
  readonly state: OrgState;
  readonly revision: number;
}

describe('a burst of simultaneous subscribers', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(() => server.stop());

  const count = (name: CounterName) => server.services.writePath.counters.get(name);
  const rename = async (name: string) =>
    revisionOf(await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } }));

  /**
   * The cost of a burst: snapshots built, pages of the log, and all shared reads.
   */
  async function costOf(burst: () => Promise<void>): Promise<{ builds: number; logReads: number; reads: number; readsMax: number }> {
    const before = { builds: count('snapshotBuilds'), logReads: count('logReads'), reads: reads.map(count), at: performance.now() };
    await burst();
    const total = reads.reduce((sum, name, index) => sum + count(name) - before.reads[index]!, 0);
    // Without shared reads, each replica would need three. A machine that is too busy for a burst
    // needs more, because a read collects the callers of ten milliseconds only.
    const readsMax = Math.max(replicaCount, (3 * (performance.now() - before.at)) / 10);
    return {
      builds: count('snapshotBuilds') - before.builds,
      logReads: count('logReads') - before.logReads,
      reads: total,
      readsMax,
    };
  }

  async function come(person: Person, kept: Kept | null): Promise<WireReplica> {
    const replica = await WireReplica.connect(server.url, person.token);
    if (kept) {
      replica.state = kept.state;
      replica.revision = kept.revision;
    }
    const answer = await replica.subscribe(org.slug, { cursor: kept?.cursor ?? null });
    assert.equal(answer.mode, kept ? 'resume' : 'snapshot');
    await replica.live();
    return replica;
  }

  it('[R10] costs one snapshot per audience, and for resuming subscribers no snapshot and no read of the log', async () => {
    let replicas: WireReplica[] = [];
    const people = Array.from({ length: replicaCount }, (_, index) => (index % audienceCount === 0 ? owner : member));
    const first = await costOf(async () => {
      replicas = await Promise.all(people.map((person) => come(person, null)));
    });
    assert.deepEqual([first.builds, first.logReads], [audienceCount, 0]);
    assert.ok(first.reads < first.readsMax, `${first.reads} reads for ${replicaCount} replicas`);

    const kept = replicas.map(({ cursor, state, revision }, index): Kept => ({ person: people[index]!, cursor, state, revision }));
    for (const replica of replicas) replica.close();
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
    let last = 0;
    for (let round = 0; round < 3; round++) last = await rename(`While away ${round}`);

    const second = await costOf(async () => {
      replicas = await Promise.all(kept.map((each) => come(each.person, each)));
      await Promise.all(replicas.map((replica) => eventually(() => assert.equal(replica.revision, last))));
    });
    assert.deepEqual([second.builds, second.logReads], [0, 0]);
    assert.ok(second.reads < second.readsMax, `${second.reads} reads for ${replicaCount} replicas`);

    const live = await rename('After the burst');
    await Promise.all(replicas.map((replica) => eventually(() => assert.equal(replica.revision, live))));
    for (const replica of replicas) {
      replica.check();
      replica.close();
    }
  });

  it('[R10] connects a client whose credential’s use can’t be recorded yet, and records it afterwards', async () => {
    const { db } = server.services;
    const { userId, token } = await aPerson(server);
    await db.updateTable('auth_tokens').set({ date_last_used: null }).where('user_id', '=', userId).execute();
    await db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE auth_tokens IN SHARE MODE`.execute(tx);
      (await WireReplica.connect(server.url, token)).close();
    });
    await eventually(async () => {
      const used = await db.selectFrom('auth_tokens').select('date_last_used').where('user_id', '=', userId).executeTakeFirst();
      assert.ok(used!.date_last_used, 'its use is not recorded');
    });
  });

  it('[R10] a client that sends far too much receives goodbye with a delay before it may reconnect', async () => {
    const replica = await WireReplica.open(server.url, member.token, org.slug);
    const healthy = await WireReplica.open(server.url, member.token, org.slug);
    for (let message = 0; message < 1_000; message++) replica.ping();
    await eventually(() => assert.equal(replica.socket.connected, false));
    const { event, payload } = replica.frames.at(-1)!;
    assert.deepEqual([event, payload.reason], ['goodbye', 'overloaded']);
    const [low, high] = payload.retryAfterMs;
    assert.ok(low > 0 && high > low);
    await healthy.reach(await rename('Untouched'));
    healthy.close();
  });
});
