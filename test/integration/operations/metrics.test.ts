import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import pg from 'pg';
import { pino } from 'pino';
import { connect } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric, readMetrics } from '../../support/metrics.ts';
import { sharedPostgres } from '../../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('the monitoring of a server', () => {
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

  it('counts sockets, subscriptions, audiences and frames, and measures deliveries and ends', async () => {
    const replicas = [
      await WireReplica.open(server.url, owner.token, org.slug),
      await WireReplica.open(server.url, member.token, org.slug),
    ];
    const before = await readMetrics(server);
    assert.deepEqual(
      ['sockets', 'subscriptions', 'audiences', 'feeds'].map((name) => before.get(`rollcall_${name}`)),
      [2, 2, 2, 1],
    );
    const revision = revisionOf(await rename('Counted'));
    for (const replica of replicas) await eventually(() => assert.equal(replica.revision, revision));
    await eventually(async () => {
      const after = await readMetrics(server);
      const rise = (name: string) => after.get(name)! - before.get(name)!;
      assert.equal(rise('rollcall_frames_sent_total'), 2);
      assert.equal(rise('rollcall_delivery_seconds_count'), 1);
      assert.ok(rise('rollcall_delivery_seconds_sum') < 1, 'not yet');
    });

    await server.request('DELETE', `/api/0/organizations/${org.slug}/members/${member.memberId}/`, { token: owner.token });
    await eventually(async () => {
      const after = await readMetrics(server);
      assert.equal(after.get('rollcall_revocations_total'), 1);
      assert.equal(after.get('rollcall_end_to_close_seconds_count'), 1);
      assert.ok(after.get('rollcall_end_to_close_seconds_sum')! < 0.5, 'not yet');
      assert.equal(after.get('rollcall_sockets'), 1);
    });
    for (const replica of replicas) replica.close();
  });

  it('[F3] counts the faults that clients find in their replicas, and logs a checksum that differs', async () => {
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    const subscribe = (report: object) => replica.socket.emitWithAck('subscribe', { org: org.id, ...report });
    for (const because of ['checksum', 'gap', 'something newer', 7]) {
      assert.equal((await subscribe({ because, staleMs: 'long' })).mode, 'snapshot', `because ${because}`);
    }
    const metrics = await readMetrics(server);
    const counted = ['checksum', 'gap', 'other'].map((reason) => metrics.get(`rollcall_resubscribes_total{reason="${reason}"}`));
    assert.deepEqual(counted, [1, 1, 2]);
    assert.equal(metrics.get('rollcall_copies_gone_stale_total'), 0);
    await eventually(() =>
      assert.ok(
        logLines.some((line) => /"level":40.*checksum/.test(line) && JSON.parse(line).orgId === org.id),
        'no log line',
      ),
    );
    replica.close();
  });

  it('counts replicas that could not be resumed from their cursors', async () => {
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    assert.equal((await replica.subscribe(org.id, { cursor: replica.cursor })).mode, 'resume');
    assert.equal((await replica.subscribe(org.id, { cursor: 'unreadable' })).mode, 'snapshot');
    assert.equal(await readMetric(server, 'rollcall_resyncs_total{reason="cursor-not-resumable"}'), 1);
    replica.close();
  });

  it('shows the state of the bus, the pool, the event loop and the process', async () => {
    const metrics = await readMetrics(server);
    assert.equal(metrics.get('rollcall_bus_up{bus="memory"}'), 1);
    for (const state of ['total', 'idle', 'waiting']) assert.ok(metrics.has(`rollcall_pool_connections{state="${state}"}`), state);
    for (const percentile of [50, 99, 100])
      assert.ok(metrics.has(`rollcall_event_loop_delay_seconds{percentile="${percentile}"}`), String(percentile));
    assert.ok(metrics.get('process_resident_memory_bytes')! > 1_000_000);
    const counted = ['snapshot_builds', 'log_reads', 'notices_dropped', 'publish_failures', 'gaps_found_by_sweep', 'resyncs'];
    const names = new Set([...metrics.keys()].map((name) => name.replace(/\{.*/, '')));
    for (const name of counted) assert.ok(names.has(`rollcall_${name}_total`), name);
  });

  it('[H-20] [V13.4.5] requires the operator token for /metrics, also from localhost, unless METRICS_OPEN is set', async () => {
    const send = async (url: string, headers: Record<string, string>) => (await fetch(`${url}/metrics`, { headers })).status;
    assert.equal(await send(server.url, {}), 401);
    assert.equal(await send(server.url, { Authorization: `Bearer ${owner.token}` }), 401);
    for (const more of [{}, { 'X-Forwarded-For': '203.0.113.7' }] as Record<string, string>[])
      assert.equal(await send(server.url, { ...more, Authorization: `Bearer ${server.operatorToken}` }), 200);
    const open = await startServer({ METRICS_OPEN: 'true' });
    try {
      assert.equal(await send(open.url, {}), 200);
    } finally {
      await open.stop();
    }
  });

  it('separates the numbers of two servers in one process', async () => {
    const other = await startServer();
    try {
      assert.equal(await readMetric(other, 'rollcall_frames_sent_total'), 0);
      assert.ok((await readMetric(server, 'rollcall_frames_sent_total')) > 0);
    } finally {
      await other.stop();
    }
  });

  it('logs each request with the id of its response and its audit log entry', async () => {
    const answer = await rename('Traced');
    const requestId = answer.headers.get('x-request-id');
    const rows = await server.services.db
      .selectFrom('change_log')
      .select('request_id')
      .distinct()
      .where('organization_id', '=', org.id)
      .where('revision', '=', String(revisionOf(answer)))
      .execute();
    assert.deepEqual(rows, [{ request_id: requestId }]);
    await eventually(() => {
      const logged = logLines.map((line) => JSON.parse(line)).find((fields) => fields.requestId === requestId && fields.req);
      assert.deepEqual([logged?.req.method, logged?.res.status], ['PUT', 200]);
    });
  });
});

describe('stale replicas', () => {
  it('[F2] have a count and a duration while the database is unreachable', async () => {
    const database = await (await sharedPostgres()).createDatabase();
    const server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    const lock = new pg.Client({ connectionString: database.url });
    await lock.connect();
    const owner = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    const client = connect({ url: server.url, token: owner.token, leaseMs: 300 });
    try {
      const handle = client.organization(org.slug);
      // On a busy machine, a lease of 300 ms can also end before the lock.
      let goneStale = 0;
      handle.on('status', ({ before, after }) => {
        if (after.phase === 'stale' && before.phase !== 'stale') goneStale++;
      });
      await handle.ready();
      await eventually(async () => assert.equal(await readMetric(server, 'rollcall_stale_replicas'), 0));
      await lock.query('begin');
      await lock.query('lock table org_heads in access exclusive mode');
      await eventually(async () => assert.equal(await readMetric(server, 'rollcall_stale_replicas'), 1));
      assert.equal(handle.status.phase, 'stale');
      await lock.query('rollback');
      await eventually(async () => {
        const metrics = await readMetrics(server);
        assert.equal(metrics.get('rollcall_stale_replicas'), 0);
        const counted = metrics.get('rollcall_copies_gone_stale_total')!;
        assert.ok(counted >= 1 && counted <= goneStale, `${counted} counted, and the client was stale ${goneStale} times`);
        assert.equal(metrics.get('rollcall_copy_stale_seconds_count'), counted);
        assert.ok(metrics.get('rollcall_copy_stale_seconds_sum')! > 0, 'no time');
      });
    } finally {
      client.close();
      await lock.end();
      await server.stop();
      await database.drop();
    }
  });
});

describe('readiness', () => {
  it('ends while feeds cannot read the log, and then returns', async () => {
    const database = await (await sharedPostgres()).createDatabase();
    const server = await startServer({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
    const lock = new pg.Client({ connectionString: database.url });
    await lock.connect();
    const readiness = async () => (await fetch(`${server.url}/readyz`)).json();
    try {
      const owner = await aPerson(server);
      const org = await anOrganizationOf(server, owner);
      const replica = await WireReplica.open(server.url, owner.token, org.slug);
      assert.deepEqual(await readiness(), { status: 'ready' });
      assert.ok((await readMetric(server, 'rollcall_feeds_behind_seconds')) < 1);

      // The lock hides the end of the log, while the rest of the database responds.
      await lock.query('begin');
      await lock.query('lock table org_heads in access exclusive mode');
      await eventually(
        async () => assert.deepEqual(await readiness(), { status: 'not ready', missing: 'feeds do not keep up with the log' }),
        {
          timeoutMs: 8_000,
        },
      );
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
