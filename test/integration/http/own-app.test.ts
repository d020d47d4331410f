import assert from 'node:assert/strict';
import express, { type Response } from 'express';
import { pino } from 'pino';
import { connect } from '../../../client-sdk/src/index.ts';
import { eventually } from '../../support/eventually.ts';
import { anOrganizationOf, aPerson } from '../../support/provision.ts';
import { headOf, openRaw } from '../../support/raw-connection.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('an Express app of the embedding program', () => {
  let server: TestServer;
  let lines: string[];
  let release: () => void;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isWaiting = false;
  /** The requests that the app holds until they are passed on. */
  const held: { readonly response: Response; pass(): void }[] = [];

  before(async () => {
    lines = [];
    const app = express();
    app.get(['/', '/readyz'], (_request, response) => void response.send('mine'));
    app.post('/upload', (_request, response) => void response.send('not read'));
    app.post('/echo', express.json(), ({ body }, response) => void response.json(body));
    app.get('/address', ({ ip }, response) => void response.send(ip));
    app.get('/fails', () => {
      throw new Error('of the app');
    });
    app.get('/slow', async (_request, response) => {
      isWaiting = true;
      await released;
      response.send('done');
    });
    app.use('/api/0/auth/', (_request, response, next) => void held.push({ response, pass: next }));
    const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    server = await startServer({ TRUSTED_PROXIES: 'loopback' }, { app, log });
  });
  after(async () => {
    release();
    await server?.stop();
  });

  const textOf = async (path: string, init?: RequestInit) => (await fetch(`${server.url}${path}`, init)).text();

  it('gets each request first, except those for the probes', async () => {
    assert.equal(await textOf('/'), 'mine');
    assert.equal(await textOf('/readyz'), '{"status":"ready"}');
    const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"a":1}' };
    assert.equal(await textOf('/echo', json), '{"a":1}');
  });

  it('passes on the REST API and the socket', async () => {
    const owner = await aPerson(server);
    const { slug } = await anOrganizationOf(server, owner);
    await using client = connect({ url: server.url, token: owner.token });
    const org = client.organization(slug);
    await org.ready();
    const { revision } = await org.createTeam({ slug: 'web', name: 'Web' });
    await org.waitFor(revision);
    assert.equal((await fetch(`${server.url}/unknown`)).status, 404);
  });

  it('sees the address of the caller that a trusted proxy names', async () => {
    assert.equal(await textOf('/address', { headers: { 'X-Forwarded-For': '203.0.113.9' } }), '203.0.113.9');
  });

  it('leaves an error that it does not handle to the server, which logs it', async () => {
    const response = await fetch(`${server.url}/fails`);
    assert.equal(response.status, 500);
    assert.ok(!(await response.text()).includes('of the app'));
    assert.ok(
      lines.some((line) => line.includes('of the app')),
      lines.join(''),
    );
  });

  it('does not make the server receive a large body that nothing reads', async () => {
    const raw = await openRaw(server.url);
    raw.socket.write(headOf({ method: 'POST', path: '/upload', headers: { 'Content-Length': '100000000' } }));
    assert.match(await raw.receives(/not read/), /^Connection: close/m);
    raw.socket.destroy();
  });

  it('[1.4] does not make requests count as in progress forever if their clients disconnect while it holds them', async () => {
    const raws = await Promise.all(Array.from({ length: 3 }, () => openRaw(server.url)));
    for (const raw of raws) raw.socket.write(headOf({ path: '/api/0/auth/' }));
    await eventually(() => assert.equal(held.length, raws.length));
    for (const raw of raws) raw.socket.resetAndDestroy();
    await eventually(() =>
      assert.ok(
        held.every(({ response }) => response.closed),
        'not yet',
      ),
    );
    for (const { pass } of held) pass();
    const { headers } = await fetch(`${server.url}/api/0/`);
    const [limit, remaining] = ['limit', 'remaining'].map((name) => Number(headers.get(`x-sentry-rate-limit-concurrent${name}`)));
    assert.equal(remaining, limit! - 1);
  });

  it('has time for its requests when the server stops', async () => {
    const slow = textOf('/slow');
    await eventually(() => assert.ok(isWaiting, 'not yet'));
    const stopping = server.stop();
    release();
    assert.equal(await slow, 'done');
    await stopping;
  });
});
