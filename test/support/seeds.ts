// Random tests that can be repeated: everything random in them comes from one number, the seed.
// SEED=17 runs that seed alone; SEEDS=100000 runs more seeds than usual.
import { setImmediate as breathe } from 'node:timers/promises';

export interface SeededRandom {
  /** A number from 0 up to, but not including, 1. */
  float(): number;
  /** An integer from 0 up to, but not including, n. */
  int(n: number): number;
  pick<T>(array: readonly T[]): T;
  /** True with probability p. */
  chance(p: number): boolean;
  /** A shuffled array. */
  shuffle<T>(array: readonly T[]): T[];
}

/**
 * mulberry32: 32 bits of state are enough for a test, and the same seed gives the same numbers on
 * every machine.
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const float = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (n: number) => Math.floor(float() * n);

  return {
    float,
    int,
    pick(array) {
      if (array.length === 0) throw new RangeError('the array is empty');
      return array[int(array.length)]!;
    },
    chance: (p) => float() < p,
    shuffle(array) {
      const copy = [...array];
      for (let last = copy.length - 1; last > 0; last--) {
        const other = int(last + 1);
        [copy[last], copy[other]] = [copy[other]!, copy[last]!];
      }
      return copy;
    },
  };
}

/**
 * Runs the body for the seeds 1 to `count`, one after another, and stops at the first that fails:
 * its number is printed and put before the error's message. The seeds are the same in every run, so
 * a run that passed passes again. Use SEEDS to look for new failures.
 */
export async function forEachSeed(count: number, body: (random: SeededRandom, seed: number) => void | Promise<void>): Promise<void> {
  const only = wholeNumber('SEED');
  const first = only ?? 1;
  const last = only ?? wholeNumber('SEEDS') ?? count;
  let breathedAt = performance.now();

  for (let seed = first; seed <= last; seed++) {
    try {
      await body(seededRandom(seed), seed);
    } catch (error) {
      console.error(`Seed ${seed} failed. SEED=${seed} runs it alone.`);
      throw withSeed(error, seed);
    }
    // Awaiting synchronous bodies never runs timers, so mocha's own time limit could not fire.
    if (performance.now() - breathedAt > 50) {
      await breathe();
      breathedAt = performance.now();
    }
  }
}

function wholeNumber(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** Changes the message in place, so that an AssertionError keeps its class, code and diff. */
function withSeed(error: unknown, seed: number): unknown {
  if (!(error instanceof Error)) return new Error(`[SEED=${seed}] ${String(error)}`, { cause: error });
  error.message = `[SEED=${seed}] ${error.message}`;
  return error;
}
