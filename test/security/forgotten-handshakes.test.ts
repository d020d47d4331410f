import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { mock } from 'node:test';
import { queryObjects } from 'node:v8';
import { io, type Socket } from 'socket.io-client';
import type { Revocation } from '../../server/src/domain/server-stream.ts';
import { ServerStream } from '../../server/src/read-path/server-stream.ts';
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

  it('[A5] leave no open connection behind if their user is disabled between the handshake and its end', async () => {
    let reads = 0;
    const revokedSince = mock.method(ServerStream.prototype, 'revokedSince', (): Revocation[] =>
      reads++ === 0 ? [] : [{ kind: 'user-disabled', userId: owner.userId }],
    );
    try {
      clients = [io(server.url, { auth: { token: owner.token, v: 1 }, transports: ['websocket'], reconnection: false, forceNew: true })];
      const reason = await new Promise((resolve) => clients[0]!.once('goodbye', (payload) => resolve(payload.reason)));
      assert.equal(reason, 'user-disabled');
      await eventually(() => assert.equal(clients[0]!.connected, false));
    } finally {
      revokedSince.mock.restore();
    }
    await eventually(async () => assert.equal(await readMetric(server, 'rollcall_sockets'), 0));
  });

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
