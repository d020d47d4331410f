import assert from 'node:assert/strict';
import { createClient } from 'redis';
import { RateLimits, type SharedCounts } from '../../server/src/identity/limits/rate-limits.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import { eventually } from '../support/eventually.ts';
import { hasBus, type Instances, startInstances } from '../support/instances.ts';
import { aPerson } from '../support/provision.ts';
import { type Redis, sharedRedis, startRedis } from '../support/redis.ts';
import type { TestServer } from '../support/server.ts';

const limit = 20;
const environment = { RATE_LIMIT_PER_CREDENTIAL: String(limit) };
/**
 * The duration below which a request was not delayed. It is far above the 25 ms that a request may
 * wait for Redis, to allow for busy machines, and far below the 1.5 s after which Redis counts as
 * frozen.
 */
const undelayedMs = 700;

describe('limits on requests at two instances', () => {
  let redis: Redis;
  let instances: Instances;

  before(async () => {
    redis = await startRedis({ own: true });
  });
  after(() => redis?.stop());
  afterEach(() => instances?.stop());

  /**
   * Counts the successful requests at each of two instances, with `count` concurrent requests to
   * each.
   */
  async function answeredOf(count: number, token: string): Promise<number[]> {
    const send = async (server: TestServer) => {
      const startedAt = performance.now();
      const { status } = await server.request('GET', '/api/0/organizations/', { token });
      const tookMs = performance.now() - startedAt;
      assert.ok(status === 200 || status === 429, `status ${status}`);
      assert.ok(tookMs < undelayedMs, `it took ${tookMs} ms`);
      return status === 200 ? 1 : 0;
    };
    return Promise.all(
      instances.servers.map(async (server) => {
        const answered = await Promise.all(Array.from({ length: count }, () => send(server)));
        return answered.reduce<number>((sum, one) => sum + one, 0);
      }),
    );
  }

  /** Gives each attempt a second of its own. */
  const withinOneSecond = (attempt: () => Promise<void>) => eventually(attempt, { timeoutMs: 15_000, intervalMs: 1_000 });

  async function assertShared(token: string): Promise<void> {
    await withinOneSecond(async () => {
      const [one = 0, other = 0] = await answeredOf(15, token);
      assert.equal(one + other, limit);
    });
  }

  async function assertApart(token: string): Promise<void> {
    await withinOneSecond(async () => assert.deepEqual(await answeredOf(limit + 2, token), [limit, limit]));
  }

  it('[1.4] [R4] apply across instances through Redis, and per instance while it is frozen or down, without errors or delays', async () => {
    instances = await startInstances(2, { redisUrl: redis.url, environment });
    const { token } = await aPerson(instances.servers[0]!);
    await assertShared(token);

    redis.pause();
    try {
      await assertApart(token);
    } finally {
      redis.resume();
    }
    await everyBus('redis');
    await assertShared(token);

    await redis.kill();
    await assertApart(token);
    await everyBus('redis-down');
    await assertApart(token);

    await redis.restart();
    await everyBus('redis');
    await assertShared(token);
  });

  it('[1.4] apply per instance without Redis', async () => {
    instances = await startInstances(2, { environment });
    const { token } = await aPerson(instances.servers[0]!);
    await assertApart(token);
  });

  const everyBus = (status: 'redis' | 'redis-down') => Promise.all(instances.servers.map((server) => hasBus(server, status)));
});

describe('a limit on requests whose window is too long in Redis', () => {
  it('[1.4] ends after one window', async () => {
    const { adminUrl } = await sharedRedis();
    const client = await createClient({ url: adminUrl }).connect();
    const shared: SharedCounts = {
      isReady: true,
      eval: (script, { keys, arguments: values }) => client.eval(script, { keys: [...keys], arguments: [...values] }),
    };
    const caller = `caller-${process.pid}`;
    const limits = new RateLimits(
      { requestsPerCredential: 3, requestsPerAddress: 3, memberRequests: 3, concurrentRequests: 3 },
      shared,
      new Counters(),
    );
    try {
      await client.set(`limit:requestsPerAddress:${caller}`, '3', { EX: 3_600 });
      const { isOver, resetMs } = await limits.count('requestsPerAddress', caller);
      assert.equal(isOver, true);
      assert.ok(resetMs <= 1_000, `${resetMs} ms`);
      await eventually(async () => assert.equal((await limits.count('requestsPerAddress', caller)).isOver, false), { intervalMs: 300 });
    } finally {
      await client.close();
    }
  });
});
