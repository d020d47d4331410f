import path from 'node:path';
import { readOptions } from '../../../test/support/read-options.ts';
import { Progress } from '../progress.ts';
import { parseOptions, usage } from './options.ts';

/**
 * Starting, connecting, comparing and the slowest recovery from a fault, in addition to the load
 * itself.
 */
const besidesMsMax = 240_000;

const options = readOptions(parseOptions, usage);

const durationMsMax = options.durationMs + besidesMsMax + options.subscribers * 4;
const progress = new Progress(durationMsMax);
// Everything that was started ends with this process, even if it is killed
// (test/support/run-directory.ts).
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  process.once(signal, () => end(code, `Stopped by ${signal}. All started processes are stopped, and no report is written.`));
}
setTimeout(() => end(1, 'A part of the run did not finish.'), durationMsMax).unref();
try {
  const { runLoad } = await import('./run-load.ts');
  const { writeLoadReport } = await import('./write-load-report.ts');
  const { evaluateLoad } = await import('./verdicts.ts');
  const results = await runLoad(options, progress);
  const verdicts = evaluateLoad(results);
  const page = await writeLoadReport(results, verdicts, options.out);
  progress.end();
  for (const { claim, measured, isMet, isRule } of verdicts) {
    console.log(`${isMet ? 'met    ' : isRule ? 'BROKEN ' : 'missed '} ${claim}: ${measured}`);
  }
  console.log(`\n${path.relative(process.cwd(), page)} (seed ${options.seed})`);
  process.exit(verdicts.some(({ isMet, isRule }) => isRule && !isMet) ? 1 : 0);
} catch (error) {
  end(1, (error as Error).stack ?? String(error));
}

function end(code: number, message: string): never {
  progress.end();
  console.error(message);
  process.exit(code);
}
