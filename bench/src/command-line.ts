import { spawnSync } from 'node:child_process';

/** Runs npm with its output on stderr. Exits this process if it fails. */
export function runNpm(args: readonly string[], cwd: string): void {
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`npm ${args.join(' ')} failed in ${cwd}`);
  process.exit(1);
}

/** @throws Error that names the option */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`${name} must be a whole number from ${min} to ${max}`);
  return value;
}
