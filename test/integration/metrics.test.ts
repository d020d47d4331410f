import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { eventually } from '../support/eventually.ts';
import { readMetric, readMetrics } from '../support/metrics.ts';
import { sharedPostgres } from '../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('what a server tells its operator', () => {
  let server: TestServer;
  let owner: Person;
  let member: Person;
  let org: ProvisionedOrg;
  const logLines: string[] = [];

  before(async () => {
    const logged = new PassThrough().setEncoding('utf8');
    logged.on('data', (line: string) => logLines.push(line));
    server = await startServer({}, { log: pino({ level: 'debug' }, logged) });
    owner = await aPerson(server);
    member = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
  });
  after(() => server.stop());

  const rename = (name: string) => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } });

  it('counts sockets, subscriptions, audiences and frames, and times deliveries and ends', async () => {
    const replicas = [
      await WireReplica.follow(server.url, owner.token, org.slug),
      await WireReplica.follow(server.url, member.token, org.slug),
    ];
    const before = await readMetrics(server);
    assert.deepEqual(
      ['sockets', 'subscriptions', 'audiences', 'feeds'].map((name) => before.get(`rollcall_${name}`)),
      [2, 2, 2, 1],
    );
    const revision = revisionOf(await rename('Counted'));
    for (const replica of replicas) await eventually(() => assert.equal(replica.own, revision));
    await eventually(async () => {
      const after = await readMetrics(server);
      const rise = (name: string) => after.get(name)! - before.get(name)!;
      assert.equal(rise('rollcall_frames_sent_total'), 2);
      assert.equal(rise('rollcall_delivery_seconds_count'), 1);
      assert.ok(rise('rollcall_delivery_seconds_sum') < 1);
    });

    await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { token: owner.token });
    await eventually(async () => {
      const after = await readMetrics(server);
      assert.equal(after.get('rollcall_revocations_total'), 1);
      assert.equal(after.get('rollcall_end_to_close_seconds_count'), 1);
      assert.ok(after.get('rollcall_end_to_close_seconds_sum')! < 0.5);
      assert.equal(after.get('rollcall_sockets'), 1);
    });
    for (const replica of replicas) replica.close();
  });

  it('shows the state of the bus, the pool, the loop and the process', async () => {
    const metrics = await readMetrics(server);
    assert.equal(metrics.get('rollcall_bus_up{bus="memory"}'), 1);
    for (const state of ['total', 'idle', 'waiting']) assert.ok(metrics.has(`rollcall_pool_connections{state="${state}"}`), state);
    for (const quantile of ['0.5', '0.99', '1'])
      assert.ok(metrics.has(`rollcall_event_loop_delay_seconds{quantile="${quantile}"}`), quantile);
    assert.ok(metrics.get('process_resident_memory_bytes')! > 1_000_000);
    const counted = ['snapshot_builds', 'log_reads', 'notices_dropped', 'publish_failures', 'gaps_found_by_sweep', 'resyncs'];
    for (const name of counted) assert.ok(metrics.has(`rollcall_${name}_total`), name);
  });

  it('shows nothing to strangers: only to this machine, unless it forwards for others, and to the operator', async () => {
    const ask = async (headers: Record<string, string>) => (await fetch(`${server.url}/metrics`, { headers })).status;
    assert.equal(await ask({}), 200);
    const forwarded = { 'X-Forwarded-For': '203.0.113.7' };
    assert.equal(await ask(forwarded), 401);
    assert.equal(await ask({ ...forwarded, Authorization: `Bearer ${owner.token}` }), 401);
    assert.equal(await ask({ ...forwarded, Authorization: `Bearer ${server.operatorToken}` }), 200);
  });

  it('keeps the numbers of two servers in one process apart', async () => {
    const other = await startServer();
    try {
      assert.equal(await readMetric(other, 'rollcall_frames_sent_total'), 0);
      assert.ok((await readMetric(server, 'rollcall_frames_sent_total')) > 0);
    } finally {
      await other.stop();
    }
  });

  it('logs each request with the id that its answer and its entry in the log carry', async () => {
    const answer = await rename('Traced');
    const requestId = answer.headers.get('x-request-id');
    const rows = await server.services.db
      .selectFrom('change_log')
      .select('request_id')
      .where('organization_id', '=', org.id)
      .where('revision', '=', String(revisionOf(answer)))
      .execute();
    assert.deepEqual(rows, [{ request_id: requestId }]);
    await eventually(() => {
      const logged = logLines.map((line) => JSON.parse(line)).find(({ req }) => req?.id === requestId);
      assert.deepEqual([logged?.req.method, logged?.res.status], ['PUT', 200]);
    });
  });
});

describe('readiness', () => {
  it('ends while feeds cannot follow the log, and comes back', async function () {
    this.timeout(60_000);
    const database = await (await sharedPostgres()).createDatabase();
    const server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    const lock = new pg.Client({ connectionString: database.url });
    await lock.connect();
    const readiness = async () => (await fetch(`${server.url}/readyz`)).json();
    try {
      const owner = await aPerson(server);
      const org = await anOrganizationOf(server, owner);
      const replica = await WireReplica.follow(server.url, owner.token, org.slug);
      assert.deepEqual(await readiness(), { status: 'ready' });
      assert.ok((await readMetric(server, 'rollcall_feeds_behind_seconds')) < 1);

      // Nobody can see how far the log goes any more, while the rest of the database answers.
      await lock.query('begin');
      await lock.query('lock table org_heads in access exclusive mode');
      await eventually(async () => assert.deepEqual(await readiness(), { status: 'not ready', missing: 'feeds are behind the log' }), {
        timeoutMs: 8_000,
      });
      await lock.query('rollback');
      await eventually(async () => assert.deepEqual(await readiness(), { status: 'ready' }));
      replica.close();
    } finally {
      await lock.end();
      await server.stop();
      await database.drop();
    }
  });
});
