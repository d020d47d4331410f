import assert from 'node:assert/strict';
import { BusFaults } from '../support/faulty-bus.ts';
import { type Instances, startInstances } from '../support/instances.ts';
import { sharedRedis } from '../support/redis.ts';
import { Coverage, checkHistory } from '../support/replica-consistency.ts';
import { forEachSeed, seededRandom } from '../support/seeds.ts';

/** HISTORIES sets the number of random histories. */
const seedCount = Number(process.env.HISTORIES ?? 16);

describe('replica consistency, on two instances over a bus that drops, repeats, delays and reorders', () => {
  let instances: Instances;
  const faults = new BusFaults();
  const coverage = new Coverage();
  before(async () => {
    instances = await startInstances(2, { redisUrl: (await sharedRedis()).url, wrapBus: (bus) => faults.wrap(bus) });
  });
  after(() => instances?.stop());

  it(`[R1] [R4] holds for every viewer at every revision, over ${seedCount} random histories`, async function () {
    this.timeout(600_000);
    await forEachSeed(seedCount, async (random, seed) => {
      faults.random = seededRandom(seed);
      await checkHistory(instances.servers, random, coverage);
    });
    if (process.env.SEED) return;
    coverage.assertSeen('step', 'view step', 'resume', 'snapshot', 'revoked', 'goodbye', 'denied', 'login');
    for (const [fault, count] of Object.entries(faults.counts)) assert.ok(count > 0, `no notice had the fault ${fault}`);
  });
});
