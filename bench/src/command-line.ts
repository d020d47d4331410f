import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Runs npm with its output on stderr. Exits this process if it fails. */
export function runNpm(args: readonly string[], cwd: string): void {
  const { status } = spawnSync('npm', args, { cwd, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  console.error(`npm ${args.join(' ')} failed in ${cwd}`);
  process.exit(1);
}

/**
 * Builds the alternatives to Rollcall, which are in a separate folder with their own dependencies.
 */
export function buildPeers(): void {
  const bench = path.join(repository, 'bench');
  if (!existsSync(path.join(bench, 'node_modules', '.package-lock.json'))) runNpm(['ci', '--no-progress'], bench);
  runNpm(['run', '--silent', 'build'], bench);
}

/** @throws Error that names the option */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`${name} must be a whole number from ${min} to ${max}`);
  return value;
}
