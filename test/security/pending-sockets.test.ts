import assert from 'node:assert/strict';
import { eventually } from '../support/eventually.ts';
import { readMetric } from '../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';
import { openPolling, poll, RawSocket } from './raw-sockets.ts';

const attacker = '127.0.0.2';
const pendingMax = 200;
const pendingPerAddressMax = 100;

describe('sockets that have not authenticated', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer({
      LIMIT_PENDING_SOCKETS: String(pendingMax),
      LIMIT_PENDING_SOCKETS_PER_ADDRESS: String(pendingPerAddressMax),
      LIMIT_SOCKET_CONNECT_MS: '2000',
      RATE_LIMIT_PER_ADDRESS: '1000000',
    });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());
  afterEach(() => eventually(async () => assert.equal(await pending(), 0), { timeoutMs: 20_000 }));

  const pending = () => readMetric(server, 'rollcall_pending_sockets');
  const refusedFor = (reason: string) => readMetric(server, `rollcall_pending_sockets_refused_total{reason="${reason}"}`);
  const lookUps = () => server.services.writePath.counters.get('credentialReads');

  async function assertServed(): Promise<void> {
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    replica.close();
  }

  it('[H-02] one CONNECT may be pending: a second one ends the connection', async () => {
    const raw = new RawSocket(server.url);
    await raw.opened();
    const before = lookUps();
    for (let number = 0; number < 5_000; number++) raw.connect(`guess-${number}`);
    await raw.closed();
    assert.ok(lookUps() - before <= 1, `${lookUps() - before} look-ups`);
    await assertServed();
  });

  it('[H-02] repeated CONNECTs on many connections cause no rejection of an honest client', async () => {
    const raws = Array.from({ length: pendingPerAddressMax }, () => new RawSocket(server.url, { localAddress: attacker }));
    await Promise.all(raws.map((raw) => raw.opened()));
    const flood = setInterval(() => {
      for (const raw of raws) raw.send('40{"token":"x","v":1}', '40/x,', '0');
    }, 5);
    try {
      const honest = await Promise.all(Array.from({ length: 36 }, () => WireReplica.open(server.url, owner.token, org.slug)));
      for (const replica of honest) replica.close();
    } finally {
      clearInterval(flood);
      for (const raw of raws) raw.close();
    }
  });

  for (const [what, packet, answer] of [
    ['a wrong token', '40{"token":"wrong","v":1}', '44{"message":"unauthenticated"'],
    ['no token', '40', '44{"message":"unauthenticated"'],
    ['another version', '40{"token":"wrong","v":99}', '44{"message":"unsupported-version"'],
    ['an unknown namespace', '40/admin,{"token":"wrong","v":1}', '44/admin,'],
  ] as const) {
    it(`[H-02] after a rejection the client reads why, and then the connection is closed: ${what}`, async () => {
      const raw = new RawSocket(server.url);
      await raw.opened();
      raw.send(packet);
      await raw.closed();
      assert.ok(
        raw.received.some((text) => text.startsWith(answer)),
        JSON.stringify(raw.received),
      );
    });
  }

  it('[H-02] a rejected client on long polling reads why, and its session ends', async () => {
    const sid = (await openPolling(server.url))!;
    const session = `transport=polling&sid=${sid}`;
    assert.equal((await poll(server.url, session, { method: 'POST', body: '40{"token":"wrong","v":1}' })).body, 'ok');
    await eventually(async () => assert.match((await poll(server.url, session)).body, /unauthenticated|Session ID unknown/));
    await eventually(async () => assert.equal((await poll(server.url, session)).status, 400));
  });

  it('[H-02] a second CONNECT on an authenticated connection ends it without a lookup', async () => {
    const raw = new RawSocket(server.url);
    await raw.opened();
    raw.connect(owner.token);
    await eventually(() =>
      assert.ok(
        raw.received.some((text) => text.startsWith('40')),
        'not yet',
      ),
    );
    const before = lookUps();
    for (let number = 0; number < 100; number++) raw.connect(owner.token);
    await raw.closed();
    assert.equal(lookUps(), before);
  });

  it('[H-03] polling handshakes beyond the share of an address get 429, and others are served', async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => poll(server.url, 'transport=polling', { from: attacker })));
    const refused = answers.filter(({ status }) => status === 429);
    // On a slow machine, connections that wait for long are evicted for others, or closed.
    const ended = (await refusedFor('evicted')) + (await refusedFor('no-connect'));
    assert.ok(refused.length + ended >= 1_000 - pendingPerAddressMax, `${refused.length} refused, ${ended} ended`);
    assert.ok(refused.every(({ retryAfter }) => Number(retryAfter) >= 1));
    assert.ok((await pending()) <= pendingPerAddressMax);
    assert.ok((await refusedFor('no-place')) >= refused.length);
    await assertServed();
  });

  it('[H-03] WebSockets beyond the share of an address get 429, and others are served', async () => {
    const before = await refusedFor('evicted');
    const raws = Array.from({ length: 3 * pendingPerAddressMax }, () => new RawSocket(server.url, { localAddress: attacker }));
    await Promise.all(raws.map((raw) => raw.opened()));
    const refused = raws.filter(({ status }) => status === 429);
    assert.ok(refused.length + (await refusedFor('evicted')) - before >= 2 * pendingPerAddressMax, `${refused.length} refused`);
    assert.ok(refused.every(({ retryAfter }) => Number(retryAfter) >= 1));
    assert.ok((await pending()) <= pendingPerAddressMax);
    await assertServed();
    for (const raw of raws) raw.close();
  });

  it('[H-03] many addresses together do not lock out another one', async () => {
    const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
    const raws = addresses.flatMap((localAddress) =>
      Array.from({ length: pendingPerAddressMax }, () => new RawSocket(server.url, { localAddress })),
    );
    await Promise.all(raws.map((raw) => raw.opened()));
    assert.ok((await pending()) <= pendingMax);
    await assertServed();
    for (const raw of raws) raw.close();
  });

  it('[H-03] an office of 300 clients behind one address is served, because authenticated connections do not count', async () => {
    // More clients than the address has slots. Rejected clients retry.
    const replicas: WireReplica[] = [];
    await Promise.all(
      Array.from({ length: 300 }, async () => {
        await eventually(async () => void replicas.push(await WireReplica.open(server.url, owner.token, org.slug)), {
          timeoutMs: 30_000,
        });
      }),
    );
    assert.equal(await pending(), 0);
    assert.equal(await readMetric(server, 'rollcall_sockets'), 300);
    for (const replica of replicas) replica.close();
  });

  it('[H-03] a client that sends nothing loses its connection', async () => {
    const raw = new RawSocket(server.url);
    await raw.opened();
    const before = await refusedFor('no-connect');
    const sid = (await openPolling(server.url))!;
    await raw.closed();
    await eventually(async () => assert.equal((await poll(server.url, `transport=polling&sid=${sid}`)).status, 400));
    assert.ok((await refusedFor('no-connect')) >= before + 1);
  });

  for (const [what, send] of [
    ['heartbeats', (raw: RawSocket) => raw.send(...Array<string>(1_000).fill('3'))],
    ['empty packets', (raw: RawSocket) => raw.send(...Array<string>(1_000).fill('6'))],
    ['pings of the WebSocket', (raw: RawSocket) => Array.from({ length: 1_000 }, () => raw.webSocket.ping('x'.repeat(125)))],
    ['pongs of the WebSocket', (raw: RawSocket) => Array.from({ length: 1_000 }, () => raw.webSocket.pong())],
    ['events', (raw: RawSocket) => raw.send(...Array<string>(1_000).fill('42["subscribe",{"org":"acme"}]'))],
    ['a large message', (raw: RawSocket) => raw.send(`42["x","${'x'.repeat(17_000)}"]`)],
    ['a long name of a namespace', (raw: RawSocket) => raw.send(`40/${'x'.repeat(16_000)},`)],
    ['many attachments', (raw: RawSocket) => raw.send(`45100000-["x",{"_placeholder":true,"num":0}]`)],
    [
      'attachments that never come',
      (raw: RawSocket) => raw.send('4510-["x",{"_placeholder":true,"num":0}]', Buffer.alloc(16_000), Buffer.alloc(16_000)),
    ],
    [
      'a message in a thousand fragments',
      (raw: RawSocket) => Array.from({ length: 1_000 }, (_, number) => raw.webSocket.send('x', { fin: number === 999 })),
    ],
    ['fragments that are empty', (raw: RawSocket) => Array.from({ length: 1_000 }, () => raw.webSocket.send('', { fin: false }))],
  ] as const) {
    it(`[H-03] ${what} end a connection that has not authenticated`, async () => {
      const raw = new RawSocket(server.url);
      await raw.opened();
      const start = performance.now();
      send(raw);
      await raw.closed();
      assert.ok(performance.now() - start < 1_800, 'before its time to authenticate was over');
      await assertServed();
    });
  }

  it('[H-03] a session on long polling may send one packet before it authenticates, of 16 KiB', async () => {
    for (const body of ['3\u001e'.repeat(1_000), '40{}\u001e40{}', `4${'x'.repeat(17_000)}`]) {
      const session = `transport=polling&sid=${(await openPolling(server.url))!}`;
      await poll(server.url, session, { method: 'POST', body, headers: { 'Content-Length': String(body.length) } }).catch(() => {});
      await eventually(async () => assert.equal((await poll(server.url, session)).status, 400), { timeoutMs: 10_000 });
    }
  });

  it('[H-03] upgrades run one at a time, and have a few attempts at most', async () => {
    const sid = (await openPolling(server.url))!;
    const first = new RawSocket(server.url, { query: `&sid=${sid}` });
    await first.opened();
    const second = new RawSocket(server.url, { query: `&sid=${sid}` });
    await second.opened();
    assert.equal(second.status, 400);
    first.send(...Array<string>(1_000).fill('2probe'));
    await first.closed();
    assert.equal((await poll(server.url, `transport=polling&sid=${sid}`)).status, 400);
  });

  it('[H-03] features of Socket.IO beyond the protocol are rejected', async () => {
    assert.equal((await poll(server.url, 'transport=polling&j=0')).status, 400);
    const sid = (await openPolling(server.url))!;
    for (const method of ['PUT', 'DELETE', 'HEAD', 'PATCH']) {
      assert.equal((await poll(server.url, `transport=polling&sid=${sid}`, { method })).status, 405, method);
    }
    assert.equal((await poll(server.url, 'transport=polling&sid=')).status, 200, 'an empty session id is none');
    assert.equal((await poll(server.url, 'transport=polling&sid=unknown')).status, 400);
    const raw = new RawSocket(server.url, { perMessageDeflate: true });
    await raw.opened();
    assert.equal(raw.webSocket.extensions, '');
    raw.close();
  });

  it('[S-48] a handshake with more headers than are read is rejected, because a proxy’s address could be ignored', async () => {
    const headers = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`X-${n}`, '']));
    assert.equal((await poll(server.url, 'transport=polling', { headers })).status, 431);
    const raw = new RawSocket(server.url, { headers });
    await raw.closed();
    assert.equal(raw.status, 431);
  });
});
