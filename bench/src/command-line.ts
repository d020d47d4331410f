import { spawnSync } from 'node:child_process';

/** Runs npm with its output on stderr. Exits this process if it fails. */
export function runNpm(args: readonly string[], cwd: string): void {
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`npm ${args.join(' ')} failed in ${cwd}`);
  process.exit(1);
}
