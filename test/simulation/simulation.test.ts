import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { repository } from '../support/source-files.ts';
import { type Mutant, mutants } from './mutants.ts';
import { runSeeds, violationIn } from './run-seeds.ts';

/** `npm run test:full` adds a run of 20,000. */
const seedCount = Number(process.env.SEEDS ?? 60);
/**
 * MUTANTS sets the number of safeguards that are removed, one at a time. They are spread over the
 * list, and those of the sweep, which come first in it, are always among them. `npm run test:full`
 * removes all.
 */
const mutantCount = Number(process.env.MUTANTS ?? 7);
const ofSweepCount = 7;
const removed = mutants.filter((_, index) => index < ofSweepCount || index % Math.ceil(mutants.length / mutantCount) === 0);
/** More processes than processors would not be faster. */
const processCount = Math.min(4, availableParallelism());
/**
 * The absence of most safeguards is detected within a dozen schedules. One schedule in 330 detects
 * the rarest.
 */
const mutantSeedsMax = 2_000;

describe('the simulation', function () {
  this.timeout(600_000);

  it(`[R1] [R2] [R5] [A1] [F2] every invariant holds in ${seedCount} schedules of commands and faults`, async () => {
    const each = Math.ceil(seedCount / processCount);
    const shares = Array.from({ length: processCount }, (_, index) => ['--seeds', String(each), '--first', String(1 + index * each)]);
    const { SEED } = process.env;
    const runs = await Promise.all((SEED ? [['--seed', SEED]] : shares).map((args) => runSeeds(args)));
    for (const { exitCode, output } of runs) assert.equal(exitCode, 0, output);
  });

  it('the same seed gives the same trace', async () => {
    const [one, other] = await Promise.all([runSeeds(['--seed', '7']), runSeeds(['--seed', '7'])]);
    assert.equal(one.exitCode, 0, one.output);
    assert.ok(one.output.split('\n').length > 30, one.output);
    assert.equal(one.output, other.output);
  });

  describe('the report of a missing safeguard', () => {
    const runs = new Map<Mutant, Promise<void>>();
    before(() => {
      // One run per processor at a time: each row is a queue of runs.
      const rows = Array.from({ length: processCount }, () => Promise.resolve());
      for (const [index, mutant] of removed.entries()) {
        const row = index % processCount;
        const run = rows[row]!.then(() => assertIsMissed(mutant));
        runs.set(mutant, run);
        // The test of this safeguard reports the error.
        rows[row] = run.catch(() => {});
      }
    });
    for (const mutant of removed) it(mutant.name, () => runs.get(mutant));

    it('finds the text of each safeguard exactly once in its file', () => {
      for (const { name, file, from } of mutants)
        assert.equal(readFileSync(path.join(repository, file), 'utf8').split(from).length, 2, name);
    });

    it('[R2] does not change if its seed runs alone, in another process', async () => {
      const [mutant] = mutants;
      const found = violationIn(await runSeeds(['--seeds', String(mutantSeedsMax)], mutant));
      assert.deepEqual(violationIn(await runSeeds(['--seed', String(found!.seed)], mutant)), found);
    });
  });
});

async function assertIsMissed(mutant: Mutant): Promise<void> {
  const run = await runSeeds(['--seeds', String(mutantSeedsMax), '--first', String(mutant.firstSeed ?? 1)], mutant);
  const found = violationIn(run);
  assert.ok(found, `${mutantSeedsMax} schedules succeeded without it: ${run.output.slice(-2_000)}`);
  assert.ok((mutant.missedBy as readonly string[]).includes(found.invariant), run.output.slice(-4_000));
  assert.match(run.output, / ms {2}\S.*\n\nseed \d+: /, 'the trace is missing');
}
