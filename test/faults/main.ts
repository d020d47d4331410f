import { parseOptions, usage } from './options.ts';
import { weakening } from './safeguards.ts';

/** `npm run faults`: see its `--help`. */

// Services and servers end with this process, however it ends: see test/support/run-directory.ts.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (!options) {
    console.log(usage);
    return 0;
  }
  try {
    if (options.without?.of === 'client') await import(weakening(options.without));
    // Only now, since it loads the client.
    const { runFaults } = await import('./run.ts');
    const verdicts = await runFaults(options, (line) => console.log(line));
    return verdicts.isGood ? 0 : 1;
  } catch (error) {
    console.error(error);
    return 1;
  }
}

function readOptions(args: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
