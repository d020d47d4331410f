import { execFile } from 'node:child_process';
import { repository } from '../support/source-files.ts';
import { sourceOptions } from '../support/source-options.ts';
import type { Mutant } from './mutants.ts';

export interface SeedsRun {
  readonly exitCode: number;
  readonly output: string;
}

/**
 * Runs `npm run simulate` with these arguments in a separate process, because a schedule occupies a
 * whole process.
 */
export function runSeeds(args: readonly string[], mutant: Mutant | null = null): Promise<SeedsRun> {
  const mutation = mutant ? ['--import=./test/simulation/mutation.mjs'] : [];
  const nodeArgs = [...mutation, ...sourceOptions, 'test/simulation/main.ts', ...args];
  const env = { ...process.env, ...(mutant && { MUTATION: JSON.stringify(mutant) }) };
  return new Promise((resolve) => {
    execFile(process.execPath, nodeArgs, { cwd: repository, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code ?? 1) : 0, output: stdout + stderr });
    });
  });
}

/** The seed and the violated invariant of a run. Null if all invariants held. */
export function violationIn({ output }: SeedsRun): { readonly seed: number; readonly invariant: string } | null {
  const match = /^seed (\d+): ([^:\n]+): /m.exec(output);
  return match && { seed: Number(match[1]), invariant: match[2]! };
}
