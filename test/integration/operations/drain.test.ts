import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import pg from 'pg';
import { io } from 'socket.io-client';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { sharedPostgres } from '../../support/postgres.ts';
import { addMember, anOrganizationOf, aPerson } from '../../support/provision.ts';
import { startServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** Requests under way have 5 s, sockets 1 s. */
const stopMsMax = 7_000;

describe('a graceful stop', () => {
  it('becomes unready first, sends sockets to other instances, finishes requests in progress, and is delayed by no client', async () => {
    const database = await (await sharedPostgres()).createDatabase();
    const server = await startServer({ DATABASE_URL: database.url });
    const owner = await aPerson(server);
    const member = await aPerson(server);
    const org = await anOrganizationOf(server, owner);
    await addMember(server, org, member, 'member');
    const put = (name: string) => server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name } });
    const replicas = await Promise.all(Array.from({ length: 20 }, () => WireReplica.open(server.url, member.token, org.slug)));

    // A client that does not read its goodbye extends the sockets' part of the stop to its limit.
    const slow = await WireReplica.open(server.url, member.token, org.slug);
    slow.pause();
    const large = JSON.stringify({ text: 'x'.repeat(60_000) });
    for (let round = 0; (await readMetric(server, 'rollcall_sockets_behind')) === 0; round++) {
      assert.ok(round < 300, 'the server did not detect the slow client');
      const body = { relayPiiConfig: large, name: `Round ${round}` };
      await server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body });
    }

    // A write that waits for the organization's lock, an open idle connection, and a listening one.
    const lock = new pg.Client({ connectionString: database.url });
    await lock.connect();
    await lock.query('begin');
    await lock.query('select from org_heads where organization_id = $1 for update', [org.id]);
    const underWay = put('Last words');
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => get(`${server.url}/healthz`, { agent }, (response) => response.resume().once('end', resolve)));
    await eventually(async () => {
      const { rows } = await lock.query("select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
      assert.equal(rows.length, 1, 'the write does not wait yet');
    });

    const startedAt = performance.now();
    const stopped = server.stop();
    const ready = await fetch(`${server.url}/readyz`);
    assert.deepEqual([ready.status, await ready.json()], [503, { status: 'not ready', missing: 'the server is stopping' }]);
    const refusal = await new Promise<{ code: string; retryAfterMs: unknown }>((resolve) => {
      const late = io(server.url, { auth: { token: member.token, v: 1 }, transports: ['websocket'], reconnection: false, forceNew: true });
      late.once('connect_error', (error: Error & { data?: unknown }) => resolve(error.data as never));
    });
    assert.equal(refusal.code, 'draining');
    assert.ok(refusal.retryAfterMs);

    for (const replica of replicas) {
      await eventually(() => assert.equal(replica.socket.connected, false));
      const { event, payload } = replica.frames.at(-1)!;
      assert.deepEqual([event, payload.reason], ['goodbye', 'draining']);
      const [low, high] = payload.retryAfterMs;
      assert.ok(high - low >= 1_000, 'all clients would reconnect at the same time');
      replica.check();
    }
    await eventually(async () => assert.rejects(fetch(`${server.url}/healthz`)));
    await lock.query('commit');
    await lock.end();
    const answer = await underWay;
    assert.deepEqual([answer.status, answer.body.name], [200, 'Last words']);

    await stopped;
    assert.ok(performance.now() - startedAt < stopMsMax);
    agent.destroy();
    slow.close();
    await database.drop();
  });
});
