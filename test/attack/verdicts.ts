import type { Experience } from './honest.ts';

export interface Observed {
  readonly calm: Experience;
  readonly attacked: Experience;
  /** Bytes, in order of time, from the begin of the attack to its end. */
  readonly memory: readonly number[];
  /** How the server ended, if it did. */
  readonly end: string | null;
}

/** Milliseconds. What an honest request may take while one attacker does what it can. */
const requestP99MsMax = 100;
/** A busy machine is slow without an attacker as well: then this many times as slow as in the calm before. */
const requestP99RatioMax = 3;
/** Logins hash and wait for their turn behind one attempt of the attacker's. */
const loginP99MsMax = 1_500;
/** What a garbage collector may leave between two quarters of an attack. */
const memoryGrowthMax = 0.1;
const memoryGrowthBytesMax = 24 * 1024 * 1024;

/** What did not hold, in words. */
export function violationsOf({ calm, attacked, memory, end }: Observed): string[] {
  const violations: string[] = [];
  if (end !== null) violations.push(end);
  const bound = Math.max(requestP99MsMax, requestP99RatioMax * p99(calm.requestMs));
  if (p99(attacked.requestMs) > bound)
    violations.push(`honest requests took ${ms(p99(attacked.requestMs))} (p99), where ${ms(bound)} are allowed`);
  const loginBound = Math.max(loginP99MsMax, requestP99RatioMax * p99(calm.loginMs));
  if (p99(attacked.loginMs) > loginBound)
    violations.push(`honest logins took ${ms(p99(attacked.loginMs))} (p99), where ${ms(loginBound)} are allowed`);
  if (attacked.requestMs.length === 0 || attacked.subscribeMs.length === 0) violations.push('no honest client was served');
  if (attacked.failures.length > 0)
    violations.push(
      `${attacked.failures.length} honest clients were refused or failed, first: ${attacked.failures.slice(0, 3).join('; ')}`,
    );
  const { before, after } = growthOf(memory);
  if (after > before * (1 + memoryGrowthMax) + memoryGrowthBytesMax)
    violations.push(
      `resident memory went on growing: ${megabytes(before)} in the second quarter of the attack, ${megabytes(after)} in the last`,
    );
  return violations;
}

export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

/** The highest of the second quarter and of the last: by the second all that an attack fills is full. */
function growthOf(memory: readonly number[]): { before: number; after: number } {
  const quarter = Math.floor(memory.length / 4);
  return { before: Math.max(0, ...memory.slice(quarter, 2 * quarter)), after: Math.max(0, ...memory.slice(-quarter)) };
}

export const ms = (value: number): string => `${Math.round(value)} ms`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
