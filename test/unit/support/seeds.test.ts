import assert from 'node:assert/strict';
import { forEachSeed, seededRandom } from '../../support/seeds.ts';

describe('seeded random tests', () => {
  const saved = { SEED: process.env.SEED, SEEDS: process.env.SEEDS };
  beforeEach(() => {
    delete process.env.SEED;
    delete process.env.SEEDS;
  });
  afterEach(() => {
    delete process.env.SEED;
    delete process.env.SEEDS;
    for (const [name, value] of Object.entries(saved)) if (value !== undefined) process.env[name] = value;
  });

  it('draw the same numbers from the same seed and others from another', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.int(1000));
    };
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  it('draw every value of a range, about equally often', () => {
    const random = seededRandom(1);
    const counts = [0, 0, 0, 0];
    for (let n = 0; n < 4_000; n++) counts[random.int(4)]! += 1;
    for (const count of counts) assert.ok(count > 900 && count < 1_100, String(counts));
    const heads = Array.from({ length: 1_000 }, () => random.chance(0.1)).filter(Boolean).length;
    assert.ok(heads > 60 && heads < 140, String(heads));
    assert.deepEqual(random.shuffle([1, 2, 3, 4, 5]).sort(), [1, 2, 3, 4, 5]);
  });

  it('stop at the first seed that fails and name it', async () => {
    const seen: number[] = [];
    const body = (_random: unknown, seed: number) => {
      seen.push(seed);
      if (seed === 3) throw new Error('broken');
    };
    const printed: unknown[] = [];
    const { error } = console;
    console.error = (...words) => printed.push(...words);
    try {
      await assert.rejects(forEachSeed(10, body), { message: '[SEED=3] broken' });
    } finally {
      console.error = error;
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.deepEqual(printed, ['Seed 3 failed. SEED=3 runs it alone.']);
  });

  it('run one seed with SEED, and another number of seeds with SEEDS', async () => {
    const seedsOf = async () => {
      const seen: number[] = [];
      await forEachSeed(2, (_random, seed) => void seen.push(seed));
      return seen;
    };
    assert.deepEqual(await seedsOf(), [1, 2]);
    process.env.SEEDS = '3';
    assert.deepEqual(await seedsOf(), [1, 2, 3]);
    process.env.SEED = '17';
    assert.deepEqual(await seedsOf(), [17]);
    process.env.SEED = 'seventeen';
    await assert.rejects(seedsOf(), /SEED must be a whole number/);
  });
});
