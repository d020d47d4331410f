import type { Measurements } from './honest-clients.ts';

export interface Observed {
  readonly calm: Measurements;
  readonly attacked: Measurements;
  /** Bytes, in order of time, during the attack. */
  readonly memory: readonly number[];
  /** The exit of the server, if it ended. */
  readonly end: string | null;
}

/** The limit in milliseconds for an honest request during the attack. */
const requestP99MsMax = 100;
/**
 * A busy machine is slow even without an attacker. Then requests may take this many times as long
 * as before the attack.
 */
const requestP99RatioMax = 3;
/** Logins hash, and may queue behind one attempt of the attacker. */
const loginP99MsMax = 1_500;
/** The growth that garbage collection may leave between two quarters of an attack. */
const memoryGrowthMax = 0.1;
const memoryGrowthBytesMax = 24 * 1024 * 1024;

/** The violated limits. */
export function violationsOf({ calm, attacked, memory, end }: Observed): string[] {
  const violations: string[] = [];
  if (end !== null) violations.push(end);
  const bound = Math.max(requestP99MsMax, requestP99RatioMax * p99(calm.requestMs));
  if (p99(attacked.requestMs) > bound)
    violations.push(`honest requests took ${ms(p99(attacked.requestMs))} (p99), but at most ${ms(bound)} are allowed`);
  const loginBound = Math.max(loginP99MsMax, requestP99RatioMax * p99(calm.loginMs));
  if (p99(attacked.loginMs) > loginBound)
    violations.push(`honest logins took ${ms(p99(attacked.loginMs))} (p99), but at most ${ms(loginBound)} are allowed`);
  if (attacked.requestMs.length === 0 || attacked.subscribeMs.length === 0) violations.push('no honest client was served');
  if (attacked.failures.length > 0)
    violations.push(
      `${attacked.failures.length} honest clients were refused or failed, first: ${attacked.failures.slice(0, 3).join('; ')}`,
    );
  const { before, after } = growthOf(memory);
  if (after > before * (1 + memoryGrowthMax) + memoryGrowthBytesMax)
    violations.push(
      `resident memory kept growing: ${megabytes(before)} in the second quarter of the attack, ${megabytes(after)} in the last`,
    );
  return violations;
}

export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

/**
 * The maxima of the second quarter and of the last. By the second, everything that an attack fills
 * is full.
 */
function growthOf(memory: readonly number[]): { before: number; after: number } {
  const quarter = Math.floor(memory.length / 4);
  return { before: Math.max(0, ...memory.slice(quarter, 2 * quarter)), after: Math.max(0, ...memory.slice(-quarter)) };
}

export const ms = (value: number): string => `${Math.round(value)} ms`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
