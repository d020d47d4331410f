import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { scopes } from '../../protocol/src/index.ts';
import { addAgedRevisions } from '../support/aged-log.ts';
import { EventStreamClient } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { endPlanDelay, setPlan } from '../support/plans.ts';
import { startProcess } from '../support/process.ts';
import { sharedRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { apiOf, type TestServer } from '../support/server.ts';
import { WebhookReceiver } from '../support/webhook-receiver.ts';
import { aWebhook, callWebhooks } from '../support/webhooks.ts';
import { WireReplica } from '../support/wire-replica.ts';

interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly revision: number;
}

// biome-ignore lint/suspicious/noExplicitAny: an event, of which the test reads these fields
function seenOf({ type, data: { id, revision } }: any): SeenEvent {
  return { id, type, revision };
}

describe('a prune that races with replicas, streams and a webhook', function () {
  this.timeout(120_000);
  let instances: Instances;
  let one: TestServer;
  let two: TestServer;
  let redisUrl: string;
  let receiver: WebhookReceiver;
  let org: OrgWithOwner;
  let token: string;

  before(async () => {
    redisUrl = (await sharedRedis()).url;
    instances = await startInstances(2, { redisUrl, environment: { OUTBOUND_ALLOWED: '127.0.0.1' } });
    [one, two] = instances.servers as [TestServer, TestServer];
    receiver = await WebhookReceiver.start();
  });
  after(async () => {
    await instances?.stop();
    await receiver?.stop();
  });
  beforeEach(async () => {
    org = await anOrgWithOwner(one);
    const { body } = await one.operate('POST', `/users/${org.owner.userId}/tokens/`, { scopes });
    token = body.token;
  });

  const get = (server: TestServer, below: string) => server.request('GET', `/api/0/organizations/${org.slug}/${below}`, { token });
  const makeTeam = (slug: string) => one.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token, body: { slug } });
  const makeProject = async (server: TestServer, name: string) => {
    const { status } = await server.request('POST', `/api/0/teams/${org.slug}/base/projects/`, { token, body: { name } });
    assert.equal(status, 201);
  };
  const headOf = () => one.services.db.selectFrom('org_heads').selectAll().where('organization_id', '=', org.id).executeTakeFirstOrThrow();
  const lowestRevision = async () => {
    const { rows } = await sql<{
      lowest: string;
    }>`SELECT min(revision) AS lowest FROM change_log WHERE organization_id = ${org.id}`.execute(one.services.db);
    return Number(rows[0]!.lowest);
  };

  /** All events that the log has, in order. */
  async function eventsInLog(): Promise<SeenEvent[]> {
    const events: SeenEvent[] = [];
    for (let after = 'floor'; ; ) {
      const { status, body } = await get(one, `changes/?after=${encodeURIComponent(after)}&limit=500`);
      assert.equal(status, 200, JSON.stringify(body));
      events.push(...body.data.map(seenOf));
      if (!body.hasMore) return events;
      after = body.after;
    }
  }

  /** A process that prunes the organization and is killed at a failpoint. */
  async function pruneAndDie(failpoint: string): Promise<void> {
    const { DATABASE_URL, SECRET, OPERATOR_TOKEN } = instances.environment;
    const dying = startProcess(['start'], {
      PORT: '0',
      DATABASE_URL,
      SECRET,
      OPERATOR_TOKEN,
      REDIS_URL: redisUrl,
      DATA_DIR: makeTemporaryDirectory('dying'),
      ROLLCALL_FAILPOINT: failpoint,
    });
    const [, url] = await dying.waitForLine(/is ready on (\S+)/, 60_000);
    await apiOf(url!, OPERATOR_TOKEN)
      .operate('POST', '/jobs/retention/', { organization: org.id })
      .catch(() => {});
    assert.equal((await dying.exit).signal, 'SIGKILL');
  }

  /** Ends the lease of the dead instance, and waits until another one has continued the run. */
  async function continueRun(): Promise<void> {
    const { db } = one.services;
    const run = () => db.selectFrom('retention_runs').selectAll().where('organization_id', '=', org.id).executeTakeFirstOrThrow();
    assert.notEqual((await run()).lease, null, 'the dead instance has the claim');
    await db
      .updateTable('retention_runs')
      .set({ leased_until: sql<string>`clock_timestamp()` })
      .where('organization_id', '=', org.id)
      .execute();
    await two.operate('POST', '/jobs/retention/', { organization: org.id });
    await eventually(async () => {
      const { lease, last_run_at } = await run();
      assert.ok(lease === null && last_run_at !== null, 'not yet');
    });
  }

  for (const [failpoint, when] of [
    ['after-prune:1', 'after it raised the floor'],
    ['after-prune-batch:1', 'after its first batch'],
  ] as const) {
    it(`[S-56] loses nothing and delivers nothing pruned, although its instance dies ${when}`, async () => {
      const { db } = one.services;
      await addAgedRevisions(db, org.id, 1_500, 5);
      const floors = await Promise.all(
        instances.servers.map((server) => EventStreamClient.open(server, org.slug, 'changes/stream/?after=floor', { token })),
      );
      const { body: early } = await get(one, 'changes/?after=floor&limit=1');
      // Replicas of an early revision, and of a late one, whose clients reconnect during the prune.
      const open = (server: TestServer) => WireReplica.open(server.url, token, org.slug);
      const earlyReplicas = await Promise.all([one, two, one, two].map(open));
      for (const replica of earlyReplicas) replica.close();
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      receiver.received.length = 0;
      receiver.respond = (_received, response) => void released.then(() => response.end());
      await makeTeam('base');
      const { id: webhookId } = await aWebhook(one, org, { url: receiver.url, eventTypes: ['project.created'] });
      await makeProject(one, 'first');
      await addAgedRevisions(db, org.id, 1_200, 3);
      const firstOfWebhook = Number(
        (await db.selectFrom('log_consumers').select('revision').where('organization_id', '=', org.id).executeTakeFirstOrThrow()).revision,
      );
      const lateReplicas = await Promise.all([one, two].map(open));
      for (const replica of lateReplicas) replica.close();
      const live = await Promise.all([one, two].map(open));

      await setPlan(one, org.id, { planDaysMax: 1 });
      await endPlanDelay(one, org.id);
      let isOver = false;
      const write = async (server: TestServer, name: string) => {
        for (let count = 0; !isOver; count++) {
          await makeProject(server, `${name}-${count}`);
        }
      };
      const modes: [revision: number, mode: string][] = [];
      const reconnect = async (replica: WireReplica) => {
        const { revision } = replica;
        await replica.reconnect();
        modes.push([revision, (await replica.subscribe(org.id, { cursor: replica.cursor })).mode]);
        await replica.live();
      };
      const writing = Promise.all([write(one, 'one'), write(two, 'two')]);
      const dying = pruneAndDie(failpoint);
      await reconnect(earlyReplicas[0]!);
      await reconnect(earlyReplicas[1]!);
      await dying;
      const floor = Number((await headOf()).floor_revision);
      assert.ok(
        floor > 1_000 && floor < firstOfWebhook,
        `the floor is ${floor}, and the next revision of the webhook is ${firstOfWebhook}`,
      );
      assert.ok((await lowestRevision()) <= floor, 'rows are left');
      // Old cursors are refused from the commit on, although the rows and the memory are still
      // there.
      for (const server of instances.servers) assert.equal((await get(server, `changes/?after=${early.after}`)).status, 410);
      await reconnect(earlyReplicas[2]!);
      await continueRun();
      await reconnect(earlyReplicas[3]!);
      for (const replica of lateReplicas) await reconnect(replica);
      assert.equal(await lowestRevision(), Number((await headOf()).floor_revision) + 1);
      assert.deepEqual(
        modes.slice(2).map(([, mode]) => mode),
        ['snapshot', 'snapshot', 'resume', 'resume'],
      );
      isOver = true;
      await writing;

      const last = Number((await headOf()).revision);
      const expected = await WireReplica.open(one.url, token, org.slug);
      for (const replica of [...earlyReplicas, ...lateReplicas, ...live]) {
        await replica.reach(last);
        assert.deepEqual(replica.records(), expected.records());
        replica.close();
      }
      expected.close();

      const logged = await eventsInLog();
      for (const stream of floors) {
        await stream.reach(last);
        const seen = stream.changes.map(({ data }) => seenOf(data));
        assert.deepEqual(seen.slice(-logged.length), logged, 'the stream lacks an event');
        assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length);
        stream.close();
      }

      release();
      await eventually(async () => assert.equal((await callWebhooks(one, org, 'GET', `${webhookId}/state/`)).body.behind, 0), {
        timeoutMs: 60_000,
      });
      const own = logged.filter(({ type, revision }) => type === 'project.created' && revision >= firstOfWebhook).map(({ id }) => id);
      const delivered = receiver.received.map(({ body }) => JSON.parse(body).data.id);
      // A delivery whose claim ended in between is repeated with its id.
      assert.deepEqual([...new Set(delivered)], own);
    });
  }
});
