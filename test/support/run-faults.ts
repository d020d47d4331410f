import { startProcess } from './process.ts';

/** About a minute on an idle machine. Other processes may slow it down. */
export const faultRunMsMax = 300_000;

/** Runs `npm run faults` in its short form. `output` has both streams. */
export async function runFaults(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const { LEAST_RIGHTS = '' } = process.env;
  const run = startProcess(['--short', ...args], { LEAST_RIGHTS }, { script: 'test/faults/main.ts' });
  const { code } = await run.exit;
  return { code, output: run.stdout + run.stderr };
}
