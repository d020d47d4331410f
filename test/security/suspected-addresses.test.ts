import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import { sql } from 'kysely';
import { eventually } from '../support/eventually.ts';
import { aPerson, type Person } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

const unlimited = { RATE_LIMIT_PER_CREDENTIAL: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000', RATE_LIMIT_CONCURRENT: '1000000' };
const attacker = '198.51.100.1';

/** The test acts as the proxy that names the client's address. */
describe('an address that sends refused credentials', () => {
  let server: TestServer;
  let person: Person;
  const sockets: net.Socket[] = [];
  const received = new Map<net.Socket, string>();

  before(async () => {
    const limits = { LIMIT_SUSPECTED_REQUESTS: '1', LIMIT_SUSPECTED_REQUESTS_WAITING_PER_ADDRESS: '10' };
    server = await startServer({ TRUSTED_PROXIES: 'loopback', ...unlimited, ...limits });
    person = await aPerson(server);
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await server?.stop();
  });

  const aGuess = () => `sntryu_${randomBytes(32).toString('hex')}`;
  const aRequest = () =>
    `GET /api/0/organizations/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: ${attacker}\r\nAuthorization: Bearer ${aGuess()}\r\n\r\n`;

  async function connect(): Promise<net.Socket> {
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    sockets.push(socket);
    received.set(socket, '');
    socket.on('error', () => {}).on('data', (data) => received.set(socket, received.get(socket)! + data));
    await once(socket, 'connect');
    return socket;
  }

  const call = (token: string, from: string) =>
    server.request('GET', '/api/0/organizations/', { token, headers: { 'X-Forwarded-For': from } });

  it('has its requests authenticated one at a time, and those that exceed the queue refused', async () => {
    assert.equal((await call(aGuess(), attacker)).status, 401);
    const connections = await Promise.all(Array.from({ length: 40 }, connect));
    const statuses = () => connections.map((socket) => /^HTTP\/1\.1 (\d+) /.exec(received.get(socket)!)?.[1] ?? null);
    await server.services.db.transaction().execute(async (tx) => {
      // The look-up of the first credential waits for this lock, and ten requests for that.
      await sql`LOCK TABLE auth_tokens IN ACCESS EXCLUSIVE MODE`.execute(tx);
      for (const socket of connections) socket.write(aRequest());
      await eventually(() => assert.equal(statuses().filter((status) => status === '429').length, 29));
    });
    const refused = connections.map((socket) => received.get(socket)!).find((text) => text.startsWith('HTTP/1.1 429 '))!;
    assert.match(refused, /Too many requests from your IP address are waiting/);
    assert.match(refused, /^retry-after: 1\r$/im);
    await eventually(() => assert.equal(statuses().filter((status) => status !== '429' && status !== null).length, 11));
  });

  it('delays no other address, and can still send a valid credential', async () => {
    assert.equal((await call(aGuess(), attacker)).status, 401);
    const guesses = Array.from({ length: 11 }, () => call(aGuess(), attacker));
    const others = await Promise.all(Array.from({ length: 40 }, () => call(person.token, '203.0.113.7')));
    assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([200]));
    await Promise.all(guesses);
    assert.equal((await call(person.token, attacker)).status, 200);
  });

  it('holds up no request by reading no response', async () => {
    assert.equal((await call(aGuess(), attacker)).status, 401);
    for (const socket of await Promise.all(Array.from({ length: 20 }, connect))) socket.pause().write(aRequest().repeat(50));
    await eventually(async () => assert.equal((await call(person.token, attacker)).status, 200), { timeoutMs: 20_000 });
  });

  it('leaves the queue when it closes the connection', async () => {
    // Requests of the other address may still wait on a busy machine.
    const leaver = '198.51.100.2';
    assert.equal((await call(aGuess(), leaver)).status, 401);
    const gone = Array.from({ length: 30 }, () => {
      const abort = new AbortController();
      const headers = { Authorization: `Bearer ${aGuess()}`, 'X-Forwarded-For': leaver };
      const sent = fetch(`${server.url}/api/0/organizations/`, { headers, signal: abort.signal }).catch(() => null);
      setImmediate(() => abort.abort());
      return sent;
    });
    await Promise.all(gone);
    await eventually(async () => assert.equal((await call(person.token, leaver)).status, 200), { timeoutMs: 20_000 });
  });
});
