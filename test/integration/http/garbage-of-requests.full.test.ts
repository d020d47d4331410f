import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { Inspector } from '../../support/inspector.ts';
import { anOrganizationOf, aPerson, type Person, type ProvisionedOrg } from '../../support/provision.ts';
import { type SeparateServer, startSeparateServer } from '../../support/separate-server.ts';

const warmUps = 1_000;
/** So few that V8 starts no full collection itself. */
const requests = 200;
/** An object that survives two collections of the new generation moves to the old one. */
const requestsPerCollection = 20;
/** Other work of the server can leave garbage during a measurement. */
const measurementsMax = 5;
/**
 * A server has as many connections. When most objects from one place in the code survive, V8
 * allocates all objects from there in the old generation.
 */
const connectionsOpen = 1_000;
/**
 * Some 8,000 bytes are measured, and more than 20,000 if responses have listeners with `once`
 * (docs/adr/0044).
 */
const bytesLeftMax = 14_000;

describe('A completed request', () => {
  let server: SeparateServer;
  let inspector: Inspector;
  let owner: Person;
  let org: ProvisionedOrg;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });

  before(async () => {
    const unlimited = { RATE_LIMIT_PER_CREDENTIAL: '1000000', RATE_LIMIT_PER_ADDRESS: '1000000' };
    // A separate process, because other tests leave garbage too.
    server = await startSeparateServer(unlimited, ['--expose-gc', '--inspect=127.0.0.1:0']);
    const [, inspectorUrl = ''] = await server.waitForLine(/^Debugger listening on (ws:\S+)$/);
    inspector = await Inspector.open(inspectorUrl);
    owner = await aPerson(server);
    org = await anOrganizationOf(server, owner);
    await server.request('POST', `/api/0/organizations/${org.slug}/teams/`, { token: owner.token, body: { slug: 'team' } });
  });
  after(async () => {
    agent.destroy();
    inspector?.[Symbol.dispose]();
    await server?.stop();
  });

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

  async function renameTimes(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await rename(`Renamed ${n}`);
      if (n % requestsPerCollection === 0) await collectNewGeneration();
    }
  }

  const collectNewGeneration = () => inspector.evaluate("gc({ type: 'minor' })");

  /** Bytes per request that only a full collection frees. */
  async function measureGarbage(): Promise<number> {
    await inspector.collectGarbage();
    await renameTimes(requests);
    for (const _ of [1, 2, 3]) await collectNewGeneration();
    const withGarbage = await inspector.evaluate('process.memoryUsage().heapUsed');
    await inspector.collectGarbage();
    return (withGarbage - (await inspector.evaluate('process.memoryUsage().heapUsed'))) / requests;
  }

  it('leaves next to nothing that only a full collection frees', async () => {
    const emitters = `Array.from({ length: ${connectionsOpen} }, () => new EventEmitter().once('end', () => {}))`;
    const keep = `(({ EventEmitter }) => (globalThis.emitters = ${emitters}).length)(process.getBuiltinModule('node:events'))`;
    assert.equal(await inspector.evaluate(keep), connectionsOpen);
    await renameTimes(warmUps);
    const measured: number[] = [];
    while (measured.length < measurementsMax && !(measured.at(-1)! < bytesLeftMax)) measured.push(Math.round(await measureGarbage()));
    assert.ok(measured.at(-1)! < bytesLeftMax, `${measured} bytes a request`);
  }).timeout(120_000);
});
