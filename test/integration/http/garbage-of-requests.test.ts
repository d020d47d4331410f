import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Agent, request } from 'node:http';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const warmUps = 1_000;
/** So few that V8 starts no full collection itself. */
const requests = 200;
/** An object that survives two collections of the new generation moves to the old one. */
const requestsPerCollection = 20;
/**
 * A server has as many connections. When most objects from one place in the code survive, V8
 * allocates all objects from there in the old generation.
 */
const connectionsOpen = 1_000;
/**
 * Some 15,000 bytes are measured, partly those of the test's client and its loader. Without what
 * docs/adr/0044 describes, it is 55,000.
 */
const bytesLeftMax = 0;

describe('A completed request', () => {
  let server: TestServer;
  let owner: Person;
  let org: ProvisionedOrg;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  before(async () => {
    server = await startServer({ RATE_LIMIT_PER_CREDENTIAL: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000' });
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: 'team' } });
  });
  after(async () => {
    agent.destroy();
    await server.stop();
  });

  /** Uses Node's own client, which leaves next to nothing itself. */
  async function rename(name: string): Promise<void> {
    const body = JSON.stringify({ name });
    const headers = {
      authorization: `Bearer ${owner.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(`${server.url}/api/0/teams/${org.slug}/team/`, { method: 'PUT', agent, headers }, (response) => {
        response.resume().on('close', () => resolve(response.statusCode));
      });
      call.on('error', reject).end(body);
    });
    assert.equal(status, 200);
  }

  it('leaves next to nothing that only a full collection frees', async () => {
    const connections = Array.from({ length: connectionsOpen }, () => new EventEmitter().once('end', () => {}));
    for (let n = 0; n < warmUps; n++) {
      await rename(`Warm ${n}`);
      if (n % requestsPerCollection === 0) collectGarbage({ type: 'minor' });
    }
    collectGarbage();
    for (let n = 0; n < requests; n++) {
      await rename(`Renamed ${n}`);
      if (n % requestsPerCollection === 0) collectGarbage({ type: 'minor' });
    }
    for (const _ of [1, 2, 3]) collectGarbage({ type: 'minor' });
    const withLeft = process.memoryUsage().heapUsed;
    collectGarbage();
    const left = (withLeft - process.memoryUsage().heapUsed) / requests;
    assert.ok(connections.length === connectionsOpen && left < bytesLeftMax, `${Math.round(left)} bytes a request`);
  }).timeout(60_000);
});
