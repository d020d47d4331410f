/** A limit. It is a row of a table in docs/operating/limits.md, which is made from these values. */
export interface Limit {
  /** The unit, for people: `requests per second`, `bytes`. */
  readonly unit: string;
  /** `organization`: each organization has the limit for itself. `server`: it spans all of them. */
  readonly scope: 'server' | 'organization';
  /** The subject: what is counted, for whom, and what happens beyond the limit. */
  readonly text: string;
  /** The reason for the limit, and for its value. */
  readonly reason: string;
}

/** A limit that an operator can change. `config.ts` reads its setting from the environment. */
export interface SettableLimit extends Limit {
  /** The environment variable. */
  readonly setting: string;
  readonly default: number;
  readonly max: number;
}

/** A limit that no operator needs to change. The code that enforces it reads the value here. */
export interface FixedLimit extends Limit {
  readonly value: number;
}

export type FixedLimits = Readonly<Record<string, FixedLimit>>;

export type SettableLimits = Readonly<Record<string, SettableLimit>>;

/** The limits on one subject, which are a section of docs/operating/limits.md. */
export interface LimitGroup {
  readonly title: string;
  readonly settable?: SettableLimits;
  readonly fixed?: FixedLimits;
}

/**
 * The maximum of a rate limit. It is higher than one process can serve, so this value switches a
 * rate limit off.
 */
export const ratesMax = 1_000_000;

export const kibibyte = 1024;
export const mebibyte = 1024 * kibibyte;
export const gibibyte = 1024 * mebibyte;
