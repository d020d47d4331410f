import assert from 'node:assert/strict';
import { ForeignServer } from '../../support/foreign-server.ts';
import { readMetric } from '../../support/metrics.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe("a server's calls to other servers", () => {
  let foreign: ForeignServer;
  let strict: TestServer;
  let allowing: TestServer;

  before(async () => {
    foreign = await ForeignServer.start();
    [strict, allowing] = await Promise.all([startServer(), startServer({ OUTBOUND_ALLOWED: '127.0.0.1, ::1' })]);
  });
  after(async () => {
    await Promise.all([strict?.stop(), allowing?.stop()]);
    await foreign?.stop();
  });

  const call = async (server: TestServer, url: string) =>
    (await server.services.outbound.request(url, { owner: { caller: '1', purpose: 'login' } })).outcome;

  it('[S-50] reach an internal address if OUTBOUND_ALLOWED contains it, and count what they refuse', async () => {
    const url = `http://localhost:${foreign.port}/`;
    assert.equal(await call(allowing, url), 'response');
    assert.equal(await call(strict, url), 'refused-address');
    assert.equal(await call(strict, `http://127.0.0.1:${foreign.port}/`), 'refused-address');
    assert.equal(foreign.requests.length, 1);
    // PUBLIC_URL of this server has the same loopback address, so it counts as its own host.
    assert.equal(await readMetric(strict, 'rollcall_outbound_refused_total{reason="own-host"}'), 1);
    assert.equal(await readMetric(strict, 'rollcall_outbound_refused_total{reason="address"}'), 1);
  });

  it('[S-50] refuse the port of the database, also at an allowed address', async () => {
    const { port } = new URL(allowing.config.databaseUrl!);
    assert.equal(await call(allowing, `http://127.0.0.1:${port}/`), 'refused-address');
    assert.equal(await readMetric(allowing, 'rollcall_outbound_refused_total{reason="port"}'), 1);
  });
});
