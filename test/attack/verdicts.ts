import type { Measurements } from './honest-clients.ts';

export interface Observed {
  readonly calm: Measurements;
  readonly attacked: Measurements;
  /** Bytes, of each instance. */
  readonly memory: readonly MemoryUse[];
  /** The exit of an instance, if one ended. */
  readonly end: string | null;
}

export interface MemoryUse {
  /** The resident memory before the first attack, and its maximum during this one. */
  readonly residentBefore: number;
  readonly residentMax: number;
  /** The live memory after two thirds of the attack, and at its end. */
  readonly liveBefore: number;
  readonly liveAfter: number;
}

/** The limit in milliseconds for the median read, write and step during the attack. */
const medianMsMax = 100;
/** The same limit for the slowest in a hundred requests. A user would call these slow. */
const requestP99MsMax = 500;
/**
 * A busy machine is slow even without an attacker. Then each of these may take this many times as
 * long as just before the attack.
 */
const ratioMax = 3;
/** Logins hash, and may queue behind one attempt of the attacker. */
const loginP99MsMax = 1_500;
/**
 * The growth of live memory in the last third of an attack. By then, everything that an attack
 * fills is nearly full.
 */
const liveGrowthMax = 0.1;
const liveGrowthBytesMax = 16 * 1024 * 1024;
/**
 * The growth of resident memory, most of which is garbage that V8 has not collected yet. Four
 * hashes take 76 MiB.
 */
const residentGrowthBytesMax = 256 * 1024 * 1024;

/** The violated limits. */
export function violationsOf({ calm, attacked, memory, end }: Observed): string[] {
  const violations: string[] = [];
  if (end !== null) violations.push(end);
  for (const [what, of] of Object.entries(measures)) {
    if (attacked[of].length === 0) violations.push(`no ${what} of an honest client succeeded`);
    const bound = Math.max(medianMsMax, ratioMax * median(calm[of]));
    if (median(attacked[of]) > bound)
      violations.push(`the median ${what} took ${ms(median(attacked[of]))}, but at most ${ms(bound)} are allowed`);
  }
  const bound = Math.max(requestP99MsMax, ratioMax * p99(requestMsOf(calm)));
  if (p99(requestMsOf(attacked)) > bound)
    violations.push(`honest requests took ${ms(p99(requestMsOf(attacked)))} (p99), but at most ${ms(bound)} are allowed`);
  const loginBound = Math.max(loginP99MsMax, ratioMax * p99(calm.loginMs));
  if (p99(attacked.loginMs) > loginBound)
    violations.push(`honest logins took ${ms(p99(attacked.loginMs))} (p99), but at most ${ms(loginBound)} are allowed`);
  if (attacked.subscribeMs.length === 0) violations.push('no new subscriber was served');
  if (attacked.failures.length > 0)
    violations.push(
      `${attacked.failures.length} honest clients were refused or failed, first: ${attacked.failures.slice(0, 3).join('; ')}`,
    );
  for (const one of memory) violations.push(...memoryViolations(one));
  return violations;
}

function memoryViolations({ residentBefore, residentMax, liveBefore, liveAfter }: MemoryUse): string[] {
  const violations: string[] = [];
  if (liveAfter > liveBefore * (1 + liveGrowthMax) + liveGrowthBytesMax)
    violations.push(
      `live memory kept growing: ${megabytes(liveBefore)} after two thirds of the attack, ${megabytes(liveAfter)} at its end`,
    );
  if (residentMax > residentBefore + residentGrowthBytesMax)
    violations.push(`resident memory grew to ${megabytes(residentMax)}, from ${megabytes(residentBefore)} before the attacks`);
  return violations;
}

const measures = { read: 'readMs', write: 'writeMs', step: 'stepMs' } as const;

/** The medians of reads, writes and steps, in milliseconds. */
export function mediansOf(measured: Measurements): string {
  return Object.entries(measures)
    .map(([what, of]) => `${what} ${ms(median(measured[of]))}`)
    .join(', ');
}

export const requestMsOf = ({ readMs, writeMs }: Measurements): readonly number[] => [...readMs, ...writeMs];

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

export const ms = (value: number): string => `${Math.round(value)} ms`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
