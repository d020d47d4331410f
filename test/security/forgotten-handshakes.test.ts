import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { queryObjects } from 'node:v8';
import { io, type Socket } from 'socket.io-client';
import { eventually } from '../support/eventually.ts';
import { readMetric } from '../support/metrics.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../support/provision.ts';
import { startServer, type TestServer } from '../support/server.ts';

const clientCount = 20;

/** The requests in memory after a garbage collection. */
const requestsInMemory = () => queryObjects(IncomingMessage) as number;

describe('sockets that have authenticated', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  let clients: Socket[] = [];

  before(async () => {
    server = await startServer();
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
  });
  after(() => server?.stop());
  afterEach(async () => {
    for (const client of clients) client.close();
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
  });

  async function assertServed(): Promise<void> {
    for (const client of clients) {
      const { mode } = await client.timeout(10_000).emitWithAck('subscribe', { org: org.slug });
      assert.equal(mode, 'snapshot');
    }
  }

  for (const transports of [['websocket'], ['polling', 'websocket']]) {
    it(`leave no request with a credential in memory, and are served: ${transports.join(', then ')}`, async () => {
      const before = requestsInMemory();
      clients = Array.from({ length: clientCount }, () =>
        io(server.url, { auth: { token: owner.token, v: 1 }, transports, reconnection: false, forceNew: true }),
      );
      const areConnected = () =>
        eventually(() => {
          for (const { connected, io: manager } of clients) {
            assert.ok(connected, 'not connected');
            assert.equal(manager.engine.transport.name, 'websocket');
          }
        });
      await areConnected();
      await assertServed();
      await eventually(() => {
        const kept = requestsInMemory() - before;
        assert.ok(kept < clientCount / 2, `${kept} requests of ${clientCount} sockets`);
      });

      for (const client of clients) client.disconnect().connect();
      await areConnected();
      await assertServed();
    });
  }
});
