import type { FixedLimit, Limit } from './limit.ts';

export const minute = 60;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A limit on attempts in a period, which begins with the first of them. */
export interface AttemptLimit extends FixedLimit {
  /** The name under which the attempts are counted in the database. */
  readonly name: string;
  readonly windowSeconds: number;
  /** The message of the refusal, if the contract defines one for this limit. */
  readonly message?: string;
}

const periods: Readonly<Record<number, string>> = {
  [minute]: 'a minute',
  [15 * minute]: 'in 15 minutes',
  [hour]: 'an hour',
  [day]: 'a day',
  [30 * day]: 'in 30 days',
};

interface AttemptFacts extends Omit<Limit, 'unit'> {
  readonly name: string;
  readonly value: number;
  readonly windowSeconds: number;
  readonly message?: string;
}

/** @param what what is counted, in the plural */
export function attemptLimit(what: string, facts: AttemptFacts): AttemptLimit {
  return { ...facts, unit: `${what} ${periods[facts.windowSeconds]}` };
}
