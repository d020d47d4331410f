import path from 'node:path';
import { readOptions } from '../../test/support/read-options.ts';
import { buildPeers, repository, runNpm } from './command-line.ts';
import { parseOptions, usage } from './options.ts';
import { Progress } from './progress.ts';

const hangMsMax = 15_000;

const options = readOptions(parseOptions, usage);
runNpm(['run', '--silent', 'build'], repository);
if (options.against === null) buildPeers();

const progress = new Progress(options.durationMsMax);
// A run ends in time by skipping steps. This timer is for a step that hangs. All started processes
// end with this one.
setTimeout(() => fail('A part of the run did not finish.'), options.durationMsMax + hangMsMax).unref();
try {
  // Imported here, because these modules import what has just been installed.
  const { compareCheckouts, runBench } = await import('./run-bench.ts');
  if (options.against !== null) {
    const rounds = await compareCheckouts(options.against, options, progress);
    progress.end();
    const { describeComparison } = await import('./report/comparison.ts');
    console.log(describeComparison(rounds));
    process.exit();
  }
  const { writeReport } = await import('./report/write-report.ts');
  const { evaluateGoals } = await import('./report/goals.ts');
  const results = await runBench(options, progress);
  const page = await writeReport(results);
  progress.end();
  for (const { claim, measured, isMet } of evaluateGoals(results)) console.log(`${isMet ? 'met   ' : 'missed'}  ${claim}: ${measured}`);
  console.log(`\n${path.relative(process.cwd(), page)}, after ${Math.round(results.durationMs / 1_000)} s`);
  process.exit();
} catch (error) {
  fail((error as Error).stack ?? String(error));
}

function fail(message: string): never {
  progress.end();
  console.error(message);
  process.exit(1);
}
