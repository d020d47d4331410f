import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readOptions } from '../../test/support/read-options.ts';
import { runNpm } from './command-line.ts';
import { parseOptions, usage } from './options.ts';
import { Progress } from './progress.ts';

const hangMsMax = 15_000;

const options = readOptions(parseOptions, usage);
prepare();

const progress = new Progress(options.durationMsMax);
// A run ends in time by skipping steps. This timer is for a step that hangs. All started processes
// end with this one.
setTimeout(() => fail('A part of the run did not finish.'), options.durationMsMax + hangMsMax).unref();
try {
  // Imported here, because these modules import what has just been installed.
  const { runBench } = await import('./run-bench.ts');
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

/**
 * Builds the product and its peers. The peers are in a separate folder with their own dependencies.
 */
function prepare(): void {
  const bench = fileURLToPath(new URL('..', import.meta.url));
  if (!existsSync(path.join(bench, 'node_modules', '.package-lock.json'))) runNpm(['ci', '--no-progress'], bench);
  for (const directory of [path.dirname(bench), bench]) runNpm(['run', '--silent', 'build'], directory);
}

function fail(message: string): never {
  progress.end();
  console.error(message);
  process.exit(1);
}
