import { readOptions } from '../support/read-options.ts';
import { parseOptions, usage } from './options.ts';
import { runAttacks } from './run.ts';

/** `npm run attack`: see its `--help`. */

// Services and servers end with this process, however it ends: see test/support/run-directory.ts.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const options = readOptions(parseOptions, usage);
try {
  process.exit((await runAttacks(options, (line) => console.log(line))) ? 0 : 1);
} catch (error) {
  console.error(error);
  process.exit(1);
}
