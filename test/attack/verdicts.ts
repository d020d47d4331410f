import type { Measurements } from './honest-clients.ts';

export interface Observed {
  readonly calm: Measurements;
  readonly attacked: Measurements;
  /** Bytes. */
  readonly memory: MemoryUse;
  /** The exit of the server, if it ended. */
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

/** The limit in milliseconds for an honest request during the attack. */
const requestP99MsMax = 100;
/**
 * A busy machine is slow even without an attacker. Then requests may take this many times as long
 * as before the attack.
 */
const requestP99RatioMax = 3;
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
  const { residentBefore, residentMax, liveBefore, liveAfter } = memory;
  if (liveAfter > liveBefore * (1 + liveGrowthMax) + liveGrowthBytesMax)
    violations.push(
      `live memory kept growing: ${megabytes(liveBefore)} after two thirds of the attack, ${megabytes(liveAfter)} at its end`,
    );
  if (residentMax > residentBefore + residentGrowthBytesMax)
    violations.push(`resident memory grew to ${megabytes(residentMax)}, from ${megabytes(residentBefore)} before the attacks`);
  return violations;
}

export function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

export const ms = (value: number): string => `${Math.round(value)} ms`;
export const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`;
