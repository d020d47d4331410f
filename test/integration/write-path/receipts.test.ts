import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { addMember, anOrganizationOf, aPerson, nextNumber, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { addSilentInstance, readReceipt, removeSilentInstance } from '../../support/receipts.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { WireReplica } from '../../support/wire-replica.ts';

describe('a write with Prefer: wait', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  before(async () => {
    server = await startServer({ LIMIT_RECEIPTS_WAITING_PER_CALLER: '2' });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());

  const rename = (name: string, headers: Record<string, string>) =>
    server.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name }, headers });
  const hasName = (name: string) =>
    eventually(async () => {
      const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: owner.token });
      assert.equal(body.name, name);
    });
  const aName = () => `Name ${nextNumber()}`;

  async function aSubscribedMember() {
    const member = await aPerson(server);
    await addMember(server, org, member, 'member');
    const replicas = [1, 2].map(() => WireReplica.open(server.url, member.token, org.slug));
    return { member, replicas: await Promise.all(replicas) };
  }

  async function withSilentInstance(work: () => Promise<void>): Promise<void> {
    const database = new pg.Client(server.config.databaseUrl!);
    await database.connect();
    try {
      await addSilentInstance(database);
      await work();
    } finally {
      await removeSilentInstance(database);
      await database.end();
    }
  }

  it('[1.6] returns a complete receipt with the number of ended subscriptions', async () => {
    const { member, replicas } = await aSubscribedMember();
    const path = `/api/0/organizations/${org.slug}/members/${member.memberId}/`;
    const removed = await server.request('DELETE', path, { token: owner.token, headers: { Prefer: 'respond-async, WAIT="5"' } });
    assert.equal(removed.status, 204);
    assert.equal(removed.headers.get('preference-applied'), 'wait');
    assert.deepEqual({ ...readReceipt(removed), ms: 0 }, { outcome: 'complete', instances: 1, ended: 2, ms: 0 });
    for (const replica of replicas) {
      await eventually(() => assert.ok(replica.revoked, 'access has not ended'));
      replica.close();
    }
  });

  it('[1.6] counts what a disabled user and each row of a bulk request ended', async () => {
    const [disabled, first, second] = [await aSubscribedMember(), await aSubscribedMember(), await aSubscribedMember()];
    const path = `/api/operator/users/${disabled.member.userId}/`;
    const options = { token: server.operatorToken, body: { isActive: false }, headers: { Prefer: 'wait=5' } };
    const ended = readReceipt(await server.request('PUT', path, options))!;
    assert.deepEqual([ended.outcome, ended.ended], ['complete', 2]);
    const bulk = await server.request('POST', `/api/0/organizations/${org.slug}/members-bulk/`, {
      token: owner.token,
      body: { action: 'remove', members: [first.member.memberId, second.member.memberId, '999'] },
      headers: { Prefer: 'wait=5' },
    });
    assert.deepEqual([bulk.status, readReceipt(bulk)?.outcome, readReceipt(bulk)?.ended], [200, 'complete', 4]);
    for (const { replicas } of [disabled, first, second]) for (const replica of replicas) replica.close();
  });

  it('[1.6] counts the last subscription to an organization that is then removed from memory', async () => {
    const small = await startServer({ LIMIT_IDLE_FEED_BYTES: '1' });
    try {
      const person = await aPerson(small);
      const watched = await anOrganizationOf(small, person);
      // The second channel of the organization has the counts of the first one.
      for (const round of [1, 2]) {
        const member = await aPerson(small);
        await addMember(small, watched, member, 'member');
        const replica = await WireReplica.open(small.url, member.token, watched.slug);
        const path = `/api/0/organizations/${watched.slug}/members/${member.memberId}/`;
        const removed = await small.request('DELETE', path, { token: person.token, headers: { Prefer: 'wait=5' } });
        const { outcome, ended } = readReceipt(removed)!;
        assert.deepEqual({ round, outcome, ended }, { round, outcome: 'complete', ended: 1 });
        assert.equal(await readMetric(small, 'rollcall_feeds'), 0);
        replica.close();
      }
    } finally {
      await small.stop();
    }
  });

  it('[1.6] exposes the receipt to pages of other origins', async () => {
    const { headers } = await rename(aName(), { Prefer: 'wait=5' });
    assert.match(headers.get('access-control-expose-headers')!, /, X-Org-Revision, Preference-Applied, Rollcall-Applied$/);
    const preflight = await server.request('OPTIONS', `/api/0/organizations/${org.slug}/`);
    assert.match(preflight.headers.get('access-control-allow-headers')!, /\bPrefer\b/);
  });

  it('[1.6] changes nothing if the time is not a number above 0 and at most 10', async () => {
    const name = aName();
    for (const wait of ['11', '10.01', '0', '-1', 'abc', '', '1e1', '0x5', '5s', 'NaN', '"', '9'.repeat(400)]) {
      const { status, body, headers } = await rename(name, { Prefer: `wait=${wait}` });
      assert.deepEqual([wait, status], [wait, 400]);
      assert.deepEqual(body, { detail: 'The preference "wait" must be a number of seconds above 0 and at most 10.' });
      assert.equal(headers.get('x-sentry-error'), 'invalid');
    }
    const { body } = await server.request('GET', `/api/0/organizations/${org.slug}/`, { token: owner.token });
    assert.notEqual(body.name, name);
  });

  it('[1.6] has no receipt if it was refused, changed nothing, or is a repeated response', async () => {
    const name = aName();
    const key = { 'Idempotency-Key': randomUUID() };
    const first = await rename(name, { Prefer: 'wait=5', ...key });
    const outsider = await aPerson(server);
    const path = `/api/0/organizations/${org.slug}/`;
    const headers = { Prefer: 'wait=5' };
    const without = [
      await rename(name, headers),
      await rename(name, { ...headers, ...key }),
      await rename('', headers),
      await rename(aName(), { ...headers, 'If-Match': '"1"' }),
      await server.request('PUT', path, { token: outsider.token, body: { name: 'Taken' }, headers }),
      await server.request('PUT', path, { body: { name: 'Taken' }, headers: { Prefer: 'wait=abc' } }),
      await server.request('GET', path, { token: owner.token, headers: { Prefer: 'wait=abc' } }),
      await rename(aName(), {}),
    ];
    assert.deepEqual(
      [first, ...without].map(({ status }) => status),
      [200, 200, 200, 400, 412, 403, 401, 200, 200],
    );
    assert.ok(readReceipt(first));
    for (const response of without) {
      assert.equal(response.headers.get('rollcall-applied'), null);
      assert.equal(response.headers.get('preference-applied'), null);
      assert.doesNotMatch(response.headers.get('access-control-expose-headers')!, /Rollcall/);
    }
  });

  it('[1.6] waits no longer than requested, and not at all if too many wait', () =>
    withSilentInstance(async () => {
      const waiting = [];
      for (const name of [aName(), aName()]) {
        waiting.push(rename(name, { Prefer: 'wait=3' }));
        await hasName(name);
      }
      const refused = await rename(aName(), { Prefer: 'wait=3' });
      assert.equal(refused.headers.get('preference-applied'), null);
      assert.deepEqual(readReceipt(refused), { outcome: 'partial', instances: 0, missing: 1, ended: 0, ms: 0 });
      for (const response of await Promise.all(waiting)) {
        assert.equal(response.headers.get('preference-applied'), 'wait');
        const { ms, ...receipt } = readReceipt(response)!;
        assert.deepEqual(receipt, { outcome: 'partial', instances: 1, missing: 1, ended: 0 });
        // Node's timers may end a millisecond early.
        assert.ok(ms >= 2_990 && ms < 10_000, `${ms}`);
      }
    }));

  it('[1.6] does not keep its body in memory while it waits', () =>
    withSilentInstance(async () => {
      const { port, hostname } = new URL(server.url);
      const names = [aName(), aName()];
      // The padding is not made with `repeat`, whose characters would be allocated only when they
      // are read.
      const padding = Buffer.alloc(6_000_000, 'x').toString();
      const used = () => {
        collectGarbage();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        return (heapUsed + arrayBuffers) / 1_000_000;
      };
      const sockets: Socket[] = [];
      const send = async (name: string) => {
        const body = Buffer.from(JSON.stringify({ name, padding }));
        const head = [
          `PUT /api/0/organizations/${org.slug}/ HTTP/1.1`,
          'Host: localhost',
          `Authorization: Bearer ${owner.token}`,
          'Content-Type: application/json',
          `Content-Length: ${body.length}`,
          'Prefer: wait=10',
        ];
        const socket = connect(Number(port), hostname);
        sockets.push(socket);
        socket.write(`${head.join('\r\n')}\r\n\r\n`);
        socket.write(body);
        await hasName(name);
      };
      const before = used();
      try {
        for (const name of names) await send(name);
        await eventually(() => {
          const more = used() - before;
          assert.ok(more < 6, `two waiting requests keep ${more.toFixed(1)} MB`);
        });
      } finally {
        for (const socket of sockets) socket.destroy();
      }
    }));

  it('[1.6] ends its waiting with its connection', () =>
    withSilentInstance(async () => {
      const partialBefore = await readMetric(server, 'rollcall_receipts_total{outcome="partial"}');
      for (let number = 0; number < 4; number++) {
        const gone = new AbortController();
        const name = aName();
        const request = fetch(`${server.url}/api/0/organizations/${org.slug}/`, {
          method: 'PUT',
          headers: { Authorization: `Bearer ${owner.token}`, 'Content-Type': 'application/json', Prefer: 'wait=10' },
          body: JSON.stringify({ name }),
          signal: gone.signal,
        });
        request.catch(() => {});
        await hasName(name);
        gone.abort();
        await eventually(async () =>
          assert.equal((await readMetric(server, 'rollcall_receipts_total{outcome="partial"}')) - partialBefore, number + 1),
        );
      }
    }));

  it('[1.6] gets its response early if the caller has too many bytes in responses that wait', async () => {
    const small = await startServer({ LIMIT_BUFFERED_BYTES_PER_CALLER: '6000' });
    const database = new pg.Client(small.config.databaseUrl!);
    try {
      const person = await aPerson(small);
      const own = await anOrganizationOf(small, person);
      await database.connect();
      await addSilentInstance(database);
      const path = `/api/0/organizations/${own.slug}/`;
      const responses = [];
      for (const name of ['First', 'Second', 'Third']) {
        responses.push(small.request('PUT', path, { token: person.token, body: { name }, headers: { Prefer: 'wait=8' } }));
        await eventually(async () => {
          assert.equal((await database.query('SELECT FROM organizations WHERE name = $1', [name])).rowCount, 1);
        });
      }
      const { outcome, ms } = readReceipt(await responses[0]!)!;
      assert.equal(outcome, 'partial');
      assert.ok(ms < 6_000, `${ms}`);
    } finally {
      await database.end();
      await small.stop();
    }
  });

  it('[1.6] gets its response at once when the server stops', async () => {
    const stopping = await startServer();
    const person = await aPerson(stopping);
    const own = await anOrganizationOf(stopping, person);
    const database = new pg.Client(stopping.config.databaseUrl!);
    await database.connect();
    await addSilentInstance(database);
    const path = `/api/0/organizations/${own.slug}/`;
    const waiting = stopping.request('PUT', path, { token: person.token, body: { name: 'Last' }, headers: { Prefer: 'wait=10' } });
    await eventually(async () => {
      assert.equal((await database.query("SELECT FROM organizations WHERE name = 'Last'")).rowCount, 1);
    });
    await database.end();
    await stopping.stop();
    const receipt = readReceipt(await waiting)!;
    assert.equal(receipt.outcome, 'partial');
    assert.ok(receipt.ms < 5_000, `${receipt.ms}`);
  });
});
