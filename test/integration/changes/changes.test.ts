import assert from 'node:assert/strict';
import { connect } from '../../../client-sdk/src/index.ts';
import { EventStreamClient } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { importMembers } from '../../support/large.ts';
import { readMetric } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, type Person, type ProvisionedOrg, revisionOf } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the changes API', () => {
  let server: TestServer;
  let org: ProvisionedOrg;
  let owner: Person;

  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());
  beforeEach(async () => {
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });

  const get = async (query = '') => {
    const { status, body } = await server.request('GET', `/api/0/organizations/${org.slug}/changes/${query}`, { token: owner.token });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  };
  const makeTeam = async (slug: string) =>
    revisionOf(await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug } }));
  const stream = (query = '', headers = {}) =>
    EventStreamClient.open(server, org.slug, `changes/stream/${query}`, { token: owner.token, headers });

  it('[15.1] lists from now without a cursor, and then what follows it', async () => {
    const start = await get();
    assert.deepEqual([start.data, start.hasMore], [[], false]);
    const revision = await makeTeam('alpha');
    const next = await get(`?after=${start.after}&types=team.created`);
    assert.equal(next.data.length, 1);
    const [event] = next.data;
    assert.equal(event.type, 'team.created');
    assert.deepEqual(
      [event.data.id, event.data.organization, event.data.actor, event.data.command, event.data.after.slug],
      [
        `${org.id}.${revision}.${event.data.index}`,
        { id: org.id, slug: org.slug },
        { kind: 'user', id: owner.userId },
        'create-team',
        'alpha',
      ],
    );
    assert.deepEqual([next.head, next.hasMore], [{ revision }, false]);
    assert.deepEqual((await get(`?after=${next.after}`)).data, []);
  });

  it('[15.1] reads the log once for a request without a wait', async () => {
    const { after } = await get();
    const before = await readMetric(server, 'rollcall_log_reads_total');
    await get(`?after=${after}`);
    await get();
    assert.equal((await readMetric(server, 'rollcall_log_reads_total')) - before, 2);
  });

  it('[15.1] pages through the whole log in any page size, with the same events', async () => {
    for (const slug of ['a1', 'b1', 'c1', 'd1']) await makeTeam(slug);
    const whole = await get('?after=floor&limit=500');
    assert.ok(whole.data.length > 8);
    for (const limit of [1, 2, 3]) {
      const read: object[] = [];
      let page = await get(`?after=floor&limit=${limit}`);
      for (;;) {
        assert.ok(page.data.length <= limit);
        read.push(...page.data);
        if (!page.hasMore) break;
        page = await get(`?after=${page.after}&limit=${limit}`);
      }
      assert.deepEqual(read, whole.data);
    }
  });

  it('[15.1] reads large revisions a few at a time, without missing an event', async () => {
    await importMembers(server, org, 3_000);
    const before = await readMetric(server, 'rollcall_log_reads_total');
    assert.deepEqual((await get('?after=floor&types=member.removed')).data, []);
    const reads = (await readMetric(server, 'rollcall_log_reads_total')) - before;
    assert.ok(reads >= 3, `${reads} reads of 3,300 changes`);

    const ids = new Set<string>();
    for (let after = 'floor', hasMore = true; hasMore; ) {
      const page = await get(`?after=${after}&types=member.added&limit=500`);
      for (const { data } of page.data) ids.add(data.id);
      ({ after, hasMore } = page);
    }
    assert.equal(ids.size, 3_001);
  });

  it('[15.1] returns a later position if nothing was requested', async () => {
    const start = await get();
    await makeTeam('alpha');
    const next = await get(`?after=${start.after}&types=member.added`);
    assert.deepEqual([next.data, next.hasMore], [[], false]);
    assert.notEqual(next.after, start.after);
  });

  it('[15.1] waits for an event, and not longer than requested', async () => {
    const start = await get();
    const waiting = get(`?after=${start.after}&wait=20&types=team.created`);
    const revision = await makeTeam('alpha');
    assert.equal((await waiting).data[0].data.revision, revision);
    const none = await get(`?after=${start.after}&wait=1&types=member.removed`);
    assert.deepEqual(none.data, []);
  });

  it('[15.1] returns a snapshot that the list continues', async () => {
    await makeTeam('alpha');
    const snapshot = await get('snapshot/');
    assert.equal(snapshot.records.length, snapshot.count);
    assert.ok(
      snapshot.records.some(({ kind, record }: { kind: string; record: { slug: string } }) => kind === 'team' && record.slug === 'alpha'),
    );
    const revision = await makeTeam('beta');
    const next = await get(`?after=${snapshot.after}&types=team.created`);
    assert.deepEqual(
      next.data.map(({ data }: { data: { revision: number } }) => data.revision),
      [revision],
    );
    const teams = await get('snapshot/?collections=teams');
    assert.ok(teams.records.every(({ kind }: { kind: string }) => kind.startsWith('team')));
  });

  it('[15.1] [V4.1.1] streams the events of the list, and continues after the last event', async () => {
    const start = await get();
    const first = await stream(`?after=${start.after}`);
    assert.deepEqual(
      [first.status, first.headers['content-type'], first.headers['cache-control'], first.headers['x-accel-buffering']],
      [200, 'text/event-stream; charset=utf-8', 'no-store', 'no'],
    );
    await first.reach(start.head.revision);
    assert.equal(first.retryMs, 2_000);
    const revision = await makeTeam('alpha');
    await first.reach(revision);
    assert.equal(await readMetric(server, 'rollcall_streams'), 1);
    first.close();
    const later = await makeTeam('beta');
    const second = await stream('?after=floor', { 'Last-Event-ID': first.cursor });
    await second.reach(later);
    second.close();
    const listed = await get(`?after=${start.after}`);
    assert.deepEqual(
      [...first.changes, ...second.changes].map(({ data }) => data),
      listed.data,
    );
    assert.deepEqual(
      [...first.changes, ...second.changes].map(({ event }) => event),
      listed.data.map(({ type }: { type: string }) => type),
    );
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_streams'), 0));
  });

  it('[15.1] reports the position after what is not visible', async () => {
    const member = await aPerson(server);
    await addMember(server, org, member, 'member');
    const client = await EventStreamClient.open(server, org.slug, 'changes/stream/?types=member.removed', { token: member.token });
    const revision = await makeTeam('alpha');
    await client.reach(revision);
    assert.deepEqual(client.changes, []);
    assert.deepEqual(client.events.at(-1), { id: client.cursor, event: 'offset', data: { revision } });
    client.close();
  });

  it('[15.1] has a typed read in the client', async () => {
    using client = connect({ url: server.url, token: owner.token });
    const { read } = client.organization(org.slug);
    const { after, data } = await read.changes({ after: 'floor', types: ['member.added', 'organization.*'], limit: 5 });
    assert.deepEqual(
      data.map(({ type }) => type),
      ['member.added'],
    );
    assert.deepEqual((await read.changes({ after })).data, []);
  });

  it('[15.1] [R9] buffers little for a client that reads nothing of a stream, and closes it', async () => {
    const impatient = await startServer({ LIMIT_RESPONSE_STALL_SECONDS: '2' });
    try {
      const own = await anOrganizationOf(impatient, await aPerson(impatient));
      const { token } = own.owner;
      const silent = await EventStreamClient.open(impatient, own.slug, 'changes/stream/?after=floor', { token });
      const reading = await EventStreamClient.open(impatient, own.slug, 'changes/stream/?after=floor', { token });
      silent.pause();
      let revision = 0;
      // Each change is in its event twice.
      for (let number = 0; number < 200; number++) {
        const body = { relayPiiConfig: JSON.stringify({ number, text: 'x'.repeat(16_000) }) };
        const { status, headers } = await impatient.request('PUT', `/api/0/organizations/${own.slug}/`, { token, body });
        assert.equal(status, 200);
        revision = revisionOf({ headers });
        const unsent = impatient.services.buffered.use.authenticated;
        assert.ok(unsent < 1024 * 1024, `${unsent} bytes are unsent`);
      }
      await reading.reach(revision);
      await eventually(async () => assert.equal(await readMetric(impatient, 'rollcall_streams'), 1), { timeoutMs: 10_000 });
      // A stream that was read is open, although it is silent for longer than a stalled one may be.
      await eventually(async () => assert.equal(await readMetric(impatient, 'rollcall_transfers_cut_total{reason="slow-reader"}'), 1));
      assert.equal(reading.isClosed, false);
      reading.close();
      silent.close();
    } finally {
      await impatient.stop();
    }
  });

  it('[15.1] responds to HEAD without keeping the stream', async () => {
    for (const path of ['', 'stream/', 'snapshot/']) {
      const { status } = await server.request('HEAD', `/api/0/organizations/${org.slug}/changes/${path}`, { token: owner.token });
      assert.equal(status, 200, path);
    }
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_streams'), 0));
  });

  it('[15.1] sends goodbye when the server stops', async () => {
    const stopping = await startServer();
    const own = await anOrganizationOf(stopping, await aPerson(stopping));
    const client = await EventStreamClient.open(stopping, own.slug, 'changes/stream/', { token: own.owner.token });
    await client.reach(1);
    await stopping.stop();
    const last = await client.ended();
    assert.deepEqual([last.event, last.data.reason], ['goodbye', 'draining']);
  });
});
