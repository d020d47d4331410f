import assert from 'node:assert/strict';
import type { InstanceReport } from '@rollcall/protocol';
import { eventually } from '../support/eventually.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { startProcess } from '../support/process.ts';
import { anOrganizationOf, aPerson } from '../support/provision.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import type { Api } from '../support/server.ts';
import { WireReplica } from '../support/wire-replica.ts';

describe('the operations report of all instances', () => {
  let redis: Redis;
  let instances: Instances;

  before(async () => {
    redis = await startRedis({ own: true });
    instances = await startInstances(1, { redisUrl: redis.url, environment: { INSTANCE_ID: 'first' } });
  });
  after(async () => {
    await instances?.stop();
    await redis?.stop();
  });

  async function reportOf(api: Api, seconds = 900): Promise<InstanceReport> {
    const { status, body } = await api.operate('GET', `/instances/?seconds=${seconds}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  const namesOf = async (api: Api) => (await reportOf(api)).instances.map(({ name }) => name);

  it('shows an instance of another process with its activity until the process is killed', async () => {
    const first = instances.servers[0]!;
    const environment = { ...instances.environment, REDIS_URL: redis.url, INSTANCE_ID: 'second', PORT: '0' };
    const other = startProcess(['start'], { ...environment, DATA_DIR: makeTemporaryDirectory('data') });
    try {
      const [, url] = await other.waitForLine(/is ready on (\S+)/, 30_000);
      await eventually(async () => assert.deepEqual(await namesOf(first), ['first', 'second']), { timeoutMs: 10_000 });
      const owner = await aPerson(first);
      const org = await anOrganizationOf(first, owner);
      const replica = await WireReplica.open(url!, owner.token, org.slug);
      await first.request('PUT', `/api/0/organizations/${org.slug}/`, { token: owner.token, body: { name: 'Renamed' } });
      await eventually(
        async () => {
          const { instances: all } = await reportOf(first);
          const { sockets, subscriptions, bus } = all[1]!.samples.at(-1)!;
          assert.deepEqual([sockets, subscriptions, bus], [1, 1, 'redis']);
          const delivered = all[1]!.samples.filter(({ deliveryMs }) => deliveryMs !== null);
          assert.ok(delivered.length > 0 && delivered[0]!.deliveriesPerSecond > 0, 'the delivery is in a sample');
          assert.ok(delivered[0]!.deliveryMs!.p99 < 1_000, JSON.stringify(delivered[0]!.deliveryMs));
          assert.equal(all[0]!.samples.at(-1)!.sockets, 0);
        },
        { timeoutMs: 10_000 },
      );
      replica.close();
    } finally {
      await other.kill('SIGKILL');
    }
    await eventually(async () => assert.deepEqual(await namesOf(first), ['first']), { timeoutMs: 15_000 });
  });

  it('accepts only the operator token, and a range within its retention', async () => {
    const first = instances.servers[0]!;
    const owner = await aPerson(first);
    for (const token of [undefined, owner.token, 'wrong']) {
      const { status } = await first.request('GET', '/api/operator/instances/', token === undefined ? {} : { token });
      assert.equal(status, 401, String(token));
    }
    for (const seconds of ['0', '901', 'x']) {
      const { status, body } = await first.operate('GET', `/instances/?seconds=${seconds}`);
      assert.deepEqual([status, Object.keys(body)], [400, ['seconds']]);
    }
  });
});
