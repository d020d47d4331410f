import { readOptions } from '../support/read-options.ts';
import { parseOptions, usage } from './options.ts';
import { weakening } from './safeguards.ts';

/** `npm run faults`: see its `--help`. */

// Services and servers end with this process, however it ends: see test/support/run-directory.ts.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const options = readOptions(parseOptions, usage);
try {
  if (options.without?.target === 'client') await import(weakening(options.without));
  // Imported here, because it loads the client.
  const { runFaults } = await import('./run.ts');
  const verdicts = await runFaults(options, (line) => console.log(line));
  process.exit(verdicts.isGood ? 0 : 1);
} catch (error) {
  console.error(error);
  process.exit(1);
}
