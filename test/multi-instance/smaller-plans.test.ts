import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { anOrgWithOwner, type OrgWithOwner } from '../support/logged-in.ts';
import { endPlanDelay } from '../support/plans.ts';
import { sharedRedis } from '../support/redis.ts';
import { anIdleConsumer } from '../support/retention-job.ts';
import type { TestServer } from '../support/server.ts';

describe('a smaller plan on two instances', function () {
  this.timeout(120_000);
  let instances: Instances;
  let one: TestServer;
  let two: TestServer;
  let org: OrgWithOwner;

  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url });
    [one, two] = instances.servers as [TestServer, TestServer];
  });
  after(() => instances?.stop());
  beforeEach(async () => {
    org = await anOrgWithOwner(one);
    await anIdleConsumer(one.services.db, org.id, 'webhook:1');
  });

  const addEntries = (count: number, days: number) =>
    sql`
      INSERT INTO audit_entries (organization_id, event, note, data, date_created, is_live)
      SELECT ${org.id}::bigint, 'member.edit', '', '{}', clock_timestamp() - make_interval(days => ${days}), false
      FROM generate_series(1, ${count}::integer)`.execute(one.services.db);
  const addDeliveries = (count: number, days: number) =>
    sql`
      INSERT INTO deliveries (organization_id, consumer, event_id, event_type, attempt, delivered_at, ms)
      SELECT ${org.id}::bigint, 'webhook:1', n, 'member.added', 1, clock_timestamp() - make_interval(days => ${days}), 5
      FROM generate_series(1, ${count}::integer) AS n`.execute(one.services.db);
  const count = async (table: 'audit_entries' | 'deliveries', date: string, days: number) => {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM ${sql.table(table)}
      WHERE organization_id = ${org.id} AND ${sql.ref(date)} < clock_timestamp() - make_interval(days => ${days})`.execute(one.services.db);
    return rows[0]!.count;
  };
  const entries = (days: number) => count('audit_entries', 'date_created', days);
  const deliveries = (days: number) => count('deliveries', 'delivered_at', days);
  const putPlan = async (server: TestServer, retentionDaysMax: number) => {
    const { status } = await server.operate('PUT', `/organizations/${org.id}/plan/`, { retentionDaysMax });
    assert.equal(status, 200);
  };
  const requestRun = async (server: TestServer) => {
    const { status } = await server.operate('POST', '/jobs/retention/', { organization: org.id });
    assert.equal(status, 202);
  };
  const runOf = () => one.services.db.selectFrom('retention_runs').selectAll().where('organization_id', '=', org.id).executeTakeFirst();
  const runToEnd = async (server: TestServer) => {
    const before = (await runOf())?.last_run_at;
    await requestRun(server);
    await eventually(async () => assert.notEqual((await runOf())?.last_run_at, before));
  };

  it('[13.15] removes nothing a day before, neither in a run in progress nor in one that the operator starts', async () => {
    await putPlan(one, 90);
    await endPlanDelay(one, org.id);
    await addEntries(30_000, 100);
    await addEntries(500, 40);
    await addDeliveries(500, 20);
    await requestRun(one);
    await eventually(async () => assert.ok((await entries(99)) < 30_000, 'not yet'));
    await putPlan(two, 10);
    assert.ok((await entries(99)) > 0, 'the run ended before the plan was set');
    await eventually(async () => assert.ok((await runOf())?.last_run_at, 'not yet'));
    assert.deepEqual([await entries(99), await entries(39), await deliveries(19)], [0, 500, 500]);

    await runToEnd(two);
    await runToEnd(one);
    assert.deepEqual([await entries(39), await deliveries(19)], [500, 500]);

    await endPlanDelay(one, org.id);
    await runToEnd(two);
    assert.deepEqual([await entries(39), await deliveries(19)], [0, 0]);
  });

  it('[13.15] removes nothing if the plan is raised again before it takes effect', async () => {
    await addEntries(500, 40);
    await putPlan(one, 10);
    await putPlan(two, 400);
    await endPlanDelay(one, org.id);
    await runToEnd(one);
    assert.equal(await entries(39), 500);
  });
});
