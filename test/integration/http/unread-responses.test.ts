import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { readMetric } from '../../support/metrics.ts';
import { residentMbOf } from '../../support/process-use.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { headOf, openRaw, type RawConnection } from '../../support/raw-connection.ts';
import { type SeparateServer, startSeparateServer } from '../../support/separate-server.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const mebibyte = 1024 * 1024;
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
/**
 * An image that is larger than what the kernel buffers of one response for a client that does not
 * read.
 */
const image = Buffer.concat([png, Buffer.alloc(4_900_000, 'x')]).toString('base64');

async function anAvatarOf(server: Pick<TestServer, 'request'>, org: ProvisionedOrg): Promise<string> {
  const { status, body } = await server.request('PUT', `/api/0/organizations/${org.slug}/`, {
    token: org.owner.token,
    body: { avatarType: 'upload', avatar: image },
  });
  assert.equal(status, 200, JSON.stringify(body).slice(0, 300));
  return `/organization-avatar/${body.avatar.avatarUuid}/`;
}

/** Sends a request and never reads the response. */
async function requestUnread(url: string, path: string, { from = '127.0.0.1', headers = {} } = {}): Promise<RawConnection> {
  const raw = await openRaw(url, from);
  raw.socket.pause();
  // The Host header has the server's own name. Requests with another name of this machine are
  // redirected to it.
  raw.socket.write(headOf({ path, headers: { Host: new URL(url).host, ...headers } }));
  return raw;
}

/** Waits, because the address may exceed its limit for the rest of a second. */
const isAlive = (server: Pick<TestServer, 'url'>) =>
  eventually(async () => assert.equal((await fetch(`${server.url}/api/0/`)).status, 200));

describe('clients that do not read', () => {
  let server: TestServer;
  let owner: Person;
  let avatar: string;

  before(async () => {
    server = await startServer({
      LIMIT_RESPONSE_STALL_SECONDS: '1',
      LIMIT_BUFFERED_BYTES_PER_ADDRESS: String(16 * mebibyte),
      LIMIT_BUFFERED_BYTES_ANONYMOUS: String(24 * mebibyte),
      LIMIT_IDLE_CONNECTIONS_PER_ADDRESS: '20',
      RATE_LIMIT_CONCURRENT: '150',
    });
    owner = await aPerson(server);
    avatar = await anAvatarOf(server, await anOrganizationOf(server, owner));
  });
  after(() => server?.stop());

  const cut = (reason: string) => readMetric(server, `rollcall_transfers_cut_total{reason="${reason}"}`);

  it('[H-05] [V1.4.3] lose a response that they never read', async () => {
    const raw = await requestUnread(server.url, avatar);
    await eventually(async () => assert.ok((await cut('slow-reader')) >= 1, 'not yet'), { timeoutMs: 20_000 });
    raw.socket.resume();
    await raw.closes();
    assert.ok(raw.received().length < 4_900_000, 'all of it was received');
  });

  it('[H-05] lose the oldest responses beyond the share of one address, while other addresses lose none', async () => {
    const honest = await requestUnread(server.url, avatar, { from: '127.0.0.3' });
    const before = await cut('bytes');
    const raws: RawConnection[] = [];
    for (let n = 0; n < 12; n++) raws.push(await requestUnread(server.url, avatar, { from: '127.0.0.2' }));
    honest.socket.resume();
    await eventually(async () => assert.ok((await cut('bytes')) > before, 'not yet'), { timeoutMs: 20_000 });
    await honest.receives(/x{1000}/);
    await eventually(() => assert.ok(honest.received().length > 4_900_000, 'the image did not arrive'), { timeoutMs: 20_000 });
    for (const raw of raws) raw.socket.destroy();
    await isAlive(server);
  });

  it('[H-05] do not count against their address after they disconnected', async () => {
    for (let round = 0; round < 5; round++) {
      const raw = await openRaw(server.url);
      raw.socket.pause();
      raw.socket.write(headOf({ path: '/api/0/auth/' }).repeat(90));
      await sleep(20);
      raw.socket.destroy();
    }
    await eventually(
      async () => {
        const { headers, status } = await fetch(`${server.url}/api/0/`);
        assert.deepEqual([status, headers.get('x-sentry-rate-limit-concurrentremaining')], [200, '149']);
      },
      { timeoutMs: 10_000 },
    );
  });

  it('[H-05] cannot cause work for thousands of requests of one connection', async () => {
    const raw = await openRaw(server.url);
    raw.socket.write(headOf({ path: '/api/0/auth/' }).repeat(2_000));
    await raw.closes(20_000);
    const statuses = [...raw.received().matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => status);
    assert.equal(statuses.at(-1), '429', statuses.join(' '));
    assert.ok(statuses.length < 200);
    await isAlive(server);
  });

  it('[H-05] hold only a few connections without a request, so that other clients are admitted', async () => {
    const raws = await Promise.all(Array.from({ length: 100 }, () => openRaw(server.url, '127.0.0.2')));
    await eventually(() => assert.ok(raws.filter((raw) => !raw.isClosed()).length <= 20, 'more than 20 stay open'), { timeoutMs: 20_000 });
    await isAlive(server);
    for (const raw of raws) raw.socket.destroy();
  });
});

describe('bodies that do not end', () => {
  let server: TestServer;
  let org: ProvisionedOrg;

  before(async () => {
    server = await startServer({
      LIMIT_BUFFERED_BYTES_PER_CALLER: String(8 * mebibyte),
      LIMIT_BUFFERED_BYTES_AUTHENTICATED: String(10 * mebibyte),
      LIMIT_BUFFERED_BYTES_PER_ADDRESS: String(4 * mebibyte),
      SLACK_CLIENT_ID: 'id',
      SLACK_CLIENT_SECRET: 'secret',
      SLACK_SIGNING_SECRET: 'signing',
    });
    org = await anOrganizationOf(server, await aPerson(server));
  });
  after(() => server?.stop());

  it('[H-05] get a rejection, the oldest first, once they exceed one caller’s share together', async () => {
    const length = 3 * mebibyte;
    const head = headOf({
      method: 'PUT',
      path: `/api/0/organizations/${org.slug}/`,
      headers: { 'Content-Type': 'application/json', 'Content-Length': String(length), Authorization: `Bearer ${org.owner.token}` },
    });
    const raws: RawConnection[] = [];
    for (let n = 0; n < 6; n++) {
      const raw = await openRaw(server.url);
      raw.socket.write(head);
      raw.socket.write(Buffer.alloc(length - 1, ' '));
      raws.push(raw);
      await sleep(50);
    }
    const text = await raws[0]!.receives(/}$/, 20_000);
    assert.match(text, /^HTTP\/1\.1 429 .*\r\nRetry-After: 1\r\n.*Too much of your data is in transfer/s);
    await raws[0]!.closes();
    await eventually(() => assert.ok(raws.filter((raw) => raw.received() === '').length <= 3, 'not yet'), { timeoutMs: 20_000 });
    // Bodies of another caller do not count.
    const other = await anOrganizationOf(server, await aPerson(server));
    const renamed = await server.request('PUT', `/api/0/organizations/${other.slug}/`, {
      token: other.owner.token,
      body: { name: 'Renamed' },
    });
    assert.equal(renamed.status, 200);
    for (const raw of raws) raw.socket.destroy();
  });

  it('[H-05] get a rejection where a provider’s signature is verified after the body', async () => {
    const length = mebibyte;
    const head = headOf({
      method: 'POST',
      path: '/extensions/slack/action/',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(length) },
    });
    const raws: RawConnection[] = [];
    for (let n = 0; n < 8; n++) {
      const raw = await openRaw(server.url);
      raw.socket.write(head);
      raw.socket.write(Buffer.alloc(length - 1, ' '));
      raws.push(raw);
      await sleep(50);
    }
    assert.match(await raws[0]!.receives(/}$/, 20_000), /^HTTP\/1\.1 429 .*\r\nRetry-After: 1\r\n/s);
    await eventually(() => assert.ok(raws.filter((raw) => raw.received() === '').length <= 4, 'not yet'), { timeoutMs: 20_000 });
    for (const raw of raws) raw.socket.destroy();
  });
});

describe('three hundred images that are not read', function () {
  this.timeout(120_000);
  let server: SeparateServer;

  before(async () => {
    server = await startSeparateServer();
  });
  after(() => server?.stop());

  it('[H-05] take little memory', async () => {
    const avatar = await anAvatarOf(server, await anOrganizationOf(server, await aPerson(server)));
    const raws: RawConnection[] = [];
    for (let n = 0; n < 5; n++) raws.push(await requestUnread(server.url, avatar, { from: '127.0.0.2' }));
    await sleep(500);
    const before = residentMbOf(server.pid);
    for (let n = 0; n < 300; n++) raws.push(await requestUnread(server.url, avatar, { from: '127.0.0.2' }));
    const honest = await fetch(`${server.url}${avatar}`);
    assert.equal((await honest.arrayBuffer()).byteLength > 4_900_000, true);
    await sleep(1_000);
    const grown = residentMbOf(server.pid) - before;
    console.log(`      grown by ${Math.round(grown)} MB`);
    assert.ok(grown < 100, `grown by ${grown} MB`);
    for (const raw of raws) raw.socket.destroy();
  });
});
