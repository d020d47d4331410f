import assert from 'node:assert/strict';
import type { StepFrame } from '../../../protocol/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric, readMetrics } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

/** Extra time for a busy machine. Without it, no client is waited for longer than 10 s. */
const slackMs = 2_000;
/** Rounds of writing during which the kernel must take nothing before it counts as full. */
const fullRounds = 10;
const socketsBehind = 'rollcall_sockets_behind';
const unsentBytes = 'rollcall_unsent_bytes';

/**
 * Clients that stop reading. The kernel's buffer for them, some megabytes, has to be filled before
 * any effect shows.
 */
describe('slow sockets', () => {
  let server: TestServer;
  let owner: Person;
  let manager: Person;
  let org: ProvisionedOrg;
  const open: WireReplica[] = [];

  before(async () => {
    server = await startServer();
  });
  beforeEach(async () => {
    owner = await aPerson(server);
    manager = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await addMember(server, org, manager, 'manager');
  });
  afterEach(async () => {
    for (const replica of open.splice(0)) {
      replica.close();
      replica.check();
    }
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
  });
  after(() => server.stop());

  const rest = (method: string, path: string, body?: unknown) =>
    server.request(method, `/api/0/organizations/${org.slug}${path}`, { token: owner.token, body });
  const changeRole = (orgRole: string) => rest('PUT', `/members/${manager.memberId}/`, { orgRole });
  const behindNow = () => readMetric(server, socketsBehind);
  const unsentNow = () => readMetric(server, unsentBytes);
  const closedForSlowness = () => readMetric(server, 'rollcall_goodbyes_total{reason="slow"}');
  const stepsOf = ({ frames }: WireReplica): StepFrame[] => frames.filter(({ event }) => event === 'step').map(({ payload }) => payload);

  async function openReplica(person: Person): Promise<WireReplica> {
    const replica = await WireReplica.open(server.url, person.token, org.slug);
    open.push(replica);
    return replica;
  }

  async function oracleOf(role: string): Promise<Map<string, unknown>> {
    const { body } = await server.operate('GET', `/organizations/${org.id}/state/?audience=${role}`);
    return new Map(body.records.map((row: { kind: string; id: string; record: unknown }) => [`${row.kind}/${row.id}`, row.record]));
  }

  let written = 0;
  /** A step of some 60 KB. Returns the revision. */
  async function writeMuch(): Promise<number> {
    const answer = await rest('PUT', '/', { relayPiiConfig: JSON.stringify({ vars: { number: ++written, text: 'x'.repeat(60_000) } }) });
    assert.equal(answer.status, 200, JSON.stringify(answer.body).slice(0, 500));
    return revisionOf(answer);
  }

  /**
   * Stops the client's reading, and writes until the server holds back data for it and the kernel
   * takes no more.
   * @param healthy waited for after each write: on a slow machine two writes would be joined for
   *   another reader
   */
  async function pauseUntilBehind(replica: WireReplica, healthy: WireReplica | null = null): Promise<void> {
    replica.pause();
    let same = 0;
    for (let round = 0, held = 0; round < 300; round++) {
      const written = await writeMuch();
      if (healthy) await eventually(() => assert.equal(healthy.revision, written));
      const metrics = await readMetrics(server);
      const unsent = metrics.get(unsentBytes) ?? 0;
      same = (metrics.get(socketsBehind) ?? 0) > 0 && unsent === held ? same + 1 : 0;
      if (same === fullRounds) return;
      held = unsent;
    }
    assert.fail(`the server never noticed, or the kernel never filled: ${same} rounds without a byte`);
  }

  it('[R9] receive nothing more until they read, then one combined step, and do not delay others', async () => {
    const slow = await openReplica(manager);
    const healthy = await openReplica(owner);
    await pauseUntilBehind(slow, healthy);
    const held = await unsentNow();
    let last = 0;
    for (let round = 0; round < 10; round++) {
      last = await writeMuch();
      await eventually(() => assert.equal(healthy.revision, last));
    }
    assert.equal(await unsentNow(), held, 'the bytes held by the server keep growing');
    assert.ok(held < 1024 * 1024, `${held} bytes`);
    assert.ok(stepsOf(healthy).every(({ from, to }) => to === from + 1));

    slow.resume();
    await eventually(() => assert.equal(slow.revision, last));
    const { from, to } = stepsOf(slow).at(-1)!;
    assert.ok(to - from >= 10, `the last step goes from ${from} to ${to}`);
    assert.deepEqual(slow.records(), await oracleOf('manager'));
    await slow.reach(await writeMuch());
    assert.ok(slow.frames.every(({ event }) => event !== 'resync' && event !== 'goodbye'));
    assert.equal(await behindNow(), 0);
  });

  it('[R9] [A3] receive one step with `view` if rights are lowered during the lag, and no later data under the earlier rights', async () => {
    await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    const slow = await openReplica(manager);
    await pauseUntilBehind(slow);
    const lowered = revisionOf(await changeRole('member'));
    const hidden = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    assert.equal(hidden.status, 201);
    const last = await writeMuch();
    slow.resume();
    await eventually(() => assert.equal(slow.revision, last));
    const views = stepsOf(slow).filter(({ view }) => view);
    assert.equal(views.length, 1);
    const [view] = views;
    assert.ok(view!.from < lowered && view!.to >= lowered);
    assert.equal(
      stepsOf(slow).find(({ to }) => to >= lowered),
      view,
    );
    assert.deepEqual(slow.frames.filter(({ event }) => event === 'resync' || event === 'goodbye').length, 0);
    assert.deepEqual(slow.records(), await oracleOf('member'));
  });

  it('[R9] [A3] receive no step with `view` if rights are lowered and raised again during the lag', async () => {
    const slow = await openReplica(manager);
    await pauseUntilBehind(slow);
    await changeRole('member');
    const token = await server.operate('POST', `/organizations/${org.id}/tokens/`, { name: 'for managers', scopes: ['org:read'] });
    assert.equal(token.status, 201);
    await changeRole('manager');
    const last = await writeMuch();
    slow.resume();
    await eventually(() => assert.equal(slow.revision, last));
    assert.ok(stepsOf(slow).every(({ view }) => view === undefined));
    assert.deepEqual(slow.records(), await oracleOf('manager'));
  });

  it('[R9] [A2] close within a second for a member who is removed during the lag, who receives nothing of the removal or later', async () => {
    const slow = await openReplica(manager);
    await pauseUntilBehind(slow);
    const before = slow.revision;
    const removed = revisionOf(await rest('DELETE', `/members/${manager.memberId}/`));
    await writeMuch();
    const startedAt = performance.now();
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
    assert.ok(performance.now() - startedAt < 1_000 + slackMs, 'the removed member’s connection was not closed');
    slow.resume();
    await eventually(() => assert.equal(slow.socket.connected, false));
    assert.ok(slow.revision >= before && slow.revision < removed);
    assert.ok(stepsOf(slow).every(({ to }) => to < removed));
  });

  it('[R9] get the parts of a snapshot no faster than they read', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) =>
      JSON.stringify({ op: 'member.add', login: `login-${index}`, role: 'member' }),
    );
    const imported = await server.request('POST', `/api/operator/organizations/${org.id}/import/`, {
      token: server.operatorToken,
      body: lines.join('\n'),
      headers: { 'Content-Type': 'application/x-ndjson' },
    });
    assert.equal(imported.status, 200);
    const slow = await openReplica(manager);
    await pauseUntilBehind(slow);
    const held = await unsentNow();
    const answered = slow.subscribe(org.slug);
    // The frames on their way to the client belong to the earlier subscription.
    slow.isLive = true;
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_subscriptions'), 1));
    const lowered = revisionOf(await changeRole('member'));
    const unsent = await unsentNow();
    assert.ok(unsent - held < 1_000, `${unsent - held} bytes more than when the client began to lag`);

    const frames = slow.frames.length;
    slow.resume();
    assert.equal((await answered).mode, 'snapshot');
    await eventually(() => assert.ok(slow.revision >= lowered, `it is at ${slow.revision}`));
    assert.deepEqual(slow.records(), await oracleOf('member'));
    const parts = slow.frames.slice(frames).filter(({ event }) => event === 'snapshot');
    assert.deepEqual(
      parts.map(({ payload }) => payload.part),
      parts.map((_, index) => index),
      'a snapshot for the earlier rights was sent',
    );
    assert.ok(parts.length > 1);
  });

  it('[R9] lose the connection with a notice after 10 s of lag, and the client has the correct state after it reconnects', async () => {
    const slow = await openReplica(manager);
    const closedBefore = await closedForSlowness();
    await pauseUntilBehind(slow);
    await eventually(async () => assert.equal(await closedForSlowness(), closedBefore + 1), { timeoutMs: 10_000 + slackMs });
    // The client reads again in time for the notice.
    slow.resume();
    await eventually(() => assert.equal(slow.socket.connected, false));
    const { event, payload } = slow.frames.at(-1)!;
    assert.deepEqual([event, payload.reason], ['goodbye', 'slow']);
    const [low, high] = payload.retryAfterMs;
    assert.ok(low > 0 && high > low);

    const last = await writeMuch();
    const again = await WireReplica.connect(server.url, manager.token);
    open.push(again);
    again.state = slow.state;
    again.revision = slow.revision;
    assert.equal((await again.subscribe(org.slug, { cursor: slow.cursor })).mode, 'resume');
    await again.reach(last);
    assert.deepEqual(again.records(), await oracleOf('manager'));
  });
});
