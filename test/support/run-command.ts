import assert from 'node:assert/strict';
import { startProcess } from './process.ts';
import { makeTemporaryDirectory } from './run-directory.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of `rollcall` in an own folder, and returns its output when it has ended. */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = makeTemporaryDirectory('cli'),
): Promise<Ended> {
  const started = startProcess(args, env, { cwd });
  const { code } = await started.exit;
  return { code, stdout: started.stdout, stderr: started.stderr };
}

/** Asserts one clear line, exit code 1, and no stack trace. */
export function assertRefused({ code, stdout, stderr }: Ended, pattern: RegExp): void {
  assert.match(stderr, pattern);
  assert.match(stderr, /^rollcall: [^\n]+\n$/, 'the error is not one line');
  assert.deepEqual([code, stdout], [1, '']);
}
