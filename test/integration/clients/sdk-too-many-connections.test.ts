import assert from 'node:assert/strict';
import { connect, type RollcallClient } from '@rollcall/client';
import { eventually } from '../../support/eventually.ts';
import { aPerson, type Person } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

describe('the client and a server that has too many connections', () => {
  let server: TestServer;
  let person: Person;
  let client: RollcallClient | undefined;

  before(async () => {
    server = await startServer();
    person = await aPerson(server);
  });
  after(() => server?.stop());
  afterEach(() => client?.close());

  it('[H-03] waits after a 429, and connects when there is a free slot', async () => {
    const { rateLimits } = server.services;
    // Rejected credentials of other clients behind the same address.
    const fill = () => void rateLimits.count('requestsPerAddress', '127.0.0.1', 1_000_000);
    fill();
    const filling = setInterval(fill, 50);
    client = connect({ url: server.url, token: person.token });
    client.organization('any');
    try {
      await eventually(() => assert.equal(client!.status.reason, 'overloaded'));
      assert.equal(client.status.phase, 'connecting');
    } finally {
      clearInterval(filling);
    }
    await eventually(() => assert.equal(client!.status.phase, 'connected'), { timeoutMs: 20_000 });
  });
});
