import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

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

export interface WholeNumber {
  readonly byDefault: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Parses options whose values are whole numbers, and `--help`.
 * @throws Error that names the invalid option
 */
export function parseWholeNumbers<Name extends string>(
  args: readonly string[],
  numbers: Readonly<Record<Name, WholeNumber>>,
): Readonly<Record<Name, number>> | 'help' {
  const names = Object.keys(numbers) as Name[];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values }: { values: Readonly<Record<string, string | boolean | undefined>> } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean' } },
  });
  if (values.help) return 'help';
  const read = (name: Name) => {
    const { byDefault, min, max } = numbers[name];
    return wholeNumber(`--${name}`, String(values[name] ?? byDefault), min, max);
  };
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, number>;
}

/** @throws Error that names the option */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) throw new Error(`${name} must be a whole number from ${min} to ${max}`);
  return value;
}

/** The Node.js that runs the other checkout, to compare two versions of it. */
export const otherNode = process.env.AGAINST_NODE || process.execPath;

/** The folder that `--against` names. @throws Error if its server is not built */
export function builtCheckout(folder: string): string {
  const checkout = path.resolve(folder);
  if (!existsSync(path.join(checkout, 'server/dist/main.js'))) throw new Error(`--against: ${checkout} has no built server`);
  return checkout;
}
