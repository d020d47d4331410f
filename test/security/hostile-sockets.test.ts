import assert from 'node:assert/strict';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import { readMetric } from '../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { type SeededRandom, seededRandom } from '../support/seeds.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

const seed = Number(process.env.SEED ?? 1);

describe('hostile sockets', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let random: SeededRandom;

  before(async () => {
    console.log(`      SEED=${seed}`);
    random = seededRandom(seed);
    server = await startServer();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());

  /** A value that no event has as its payload. */
  const junk = (): unknown => {
    const deep: unknown = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`);
    return random.pick<unknown>([
      ...[null, undefined, 0, -1, 1e308, true, '', 'x'.repeat(5_000), '\ud83d', 'a\u0000b', [], {}, [[]], deep],
      ...[{ org: null }, { org: {} }, { org: ['acme'] }, { org: 'a\u0000b' }, { org: '\ud83d' }, { org: 'x'.repeat(5_000) }, { org: -1 }],
      ...[
        { org: org.slug, cursor: 'x' },
        { org: org.slug, collections: 'all' },
      ].map((one) => ({ ...one, collections: [{}] })),
      ...[
        JSON.parse('{"__proto__": {"org": "acme"}}'),
        { constructor: 1 },
        { nonce: {} },
        { nonce: 1, staleMs: { x: -1 } },
        Buffer.alloc(50),
      ],
    ]);
  };

  it('[R11] send malformed events, which are rejected or ignored, and valid ones, which are still served', async () => {
    const sockets = await Promise.all(Array.from({ length: 5 }, () => connected(owner.token)));
    const frames: string[] = [];
    for (const socket of sockets) socket.onAny((event: string) => frames.push(event));
    const denied: Promise<unknown>[] = [];
    for (let number = 0; number < 700; number++) {
      const socket = sockets[number % sockets.length]!;
      const event = random.pick([
        'subscribe',
        'subscribe',
        'unsubscribe',
        'ping',
        'snapshot',
        'goodbye',
        'toString',
        '__proto__',
        '',
        'x'.repeat(1_000),
      ]);
      if (event === 'subscribe') denied.push(socket.timeout(10_000).emitWithAck(event, junk()));
      else if (random.chance(0.5)) socket.emit(event, junk(), junk());
      else socket.emit(event);
    }
    for (const answer of await Promise.all(denied)) assert.deepEqual(answer, { mode: 'denied' });
    for (const socket of sockets) {
      const answer = await socket.timeout(10_000).emitWithAck('subscribe', { org: org.slug });
      assert.equal(answer.mode, 'snapshot');
      socket.close();
    }
    assert.ok(!frames.includes('goodbye'), 'a socket received goodbye');
  });

  it('[R11] fail in the handshake or lose the connection if they send invalid packets, and the server continues', async () => {
    const auths = [
      {},
      { token: null },
      { token: {} },
      { token: ['x'] },
      { token: 'x'.repeat(9_000) },
      { token: 'a\u0000b' },
      { token: '\ud83d' },
    ];
    for (let number = 0; number < 100; number++) {
      const auth = random.pick<object>([
        ...auths.map((one) => ({ v: 1, ...one })),
        { token: owner.token, v: random.pick([0, 2, '1', null, {}]) },
      ]);
      const socket = io(server.url, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
      const error = await new Promise<Error & { data?: { code: string } }>((resolve) => socket.once('connect_error', resolve));
      assert.match(String(error.data?.code), /^(unauthenticated|unsupported-version)$/, JSON.stringify(auth).slice(0, 200));
      socket.close();
    }
    const packets = [
      '',
      '9',
      '4',
      '40{',
      '42',
      '42[',
      '42[]',
      '42["subscribe"',
      '42[null]',
      '451-["x"]',
      '49999999999["x"]',
      '4/admin,',
      '\u0000',
      '3probe',
      '0{}',
    ];
    for (let number = 0; number < 200; number++) {
      const isBinary = random.chance(0.2);
      await sendPackets([random.pick(packets), random.pick(packets)], isBinary);
    }
    const queries = [
      'EIO=9&transport=polling',
      'EIO=4&transport=carrier-pigeon',
      'EIO=4&transport=polling&sid=unknown',
      'transport=%00',
      '__proto__=x',
      '',
    ];
    for (const query of queries) {
      const { status } = await server.request('GET', `/socket.io/?${query}`);
      assert.equal(status, 400, query);
    }
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0), { timeoutMs: 10_000 });
    const replica = await WireReplica.open(server.url, owner.token, org.slug);
    replica.close();
  });

  async function connected(token: string): Promise<Socket> {
    const socket = io(server.url, { auth: { token, v: 1 }, transports: ['websocket'], reconnection: false, forceNew: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
    return socket;
  }

  /** Sends packets on a connection below Socket.IO, before and after it authenticates. */
  async function sendPackets(packets: readonly string[], isBinary: boolean): Promise<void> {
    const raw = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    raw.on('error', () => {});
    await new Promise((resolve) => raw.once('open', resolve));
    const closed = new Promise((resolve) => raw.once('close', resolve));
    if (random.chance(0.5)) raw.send(`40${JSON.stringify({ token: owner.token, v: 1 })}`);
    for (const packet of packets) raw.send(isBinary ? Buffer.from(packet) : packet);
    raw.close();
    await closed;
  }
});
