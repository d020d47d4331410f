/**
 * Limits that an operator can change. This table is the only place for a limit's default. `config.ts` reads the setting
 * from the environment, and a test compares the table with docs/operating.md and .env.example.
 */
export interface Limit {
  /** The environment variable. */
  readonly setting: string;
  readonly default: number;
  readonly max: number;
  /** What is counted, for people: `requests a second`, `bytes`. */
  readonly unit: string;
}

/** Higher than one process can serve, so this value switches a limit on rates off. */
const ratesMax = 1_000_000;

export const limitTable = {
  /** Requests of one token or session. */
  requestsPerCredential: { setting: 'RATE_LIMIT_PER_CREDENTIAL', default: 1_000, max: ratesMax, unit: 'requests per second' },
  /** Requests of one address (an IPv4 address or an IPv6 /64), with or without a credential. */
  requestsPerAddress: { setting: 'RATE_LIMIT_PER_ADDRESS', default: 2_000, max: ratesMax, unit: 'requests per second' },
  /** GET and POST of an organization's members, each. The contract has this number (spec: 1.4). */
  memberRequests: { setting: 'RATE_LIMIT_MEMBERS', default: 40, max: ratesMax, unit: 'requests per second' },
  /** Requests in progress per credential, or per address where there is none. */
  concurrentRequests: { setting: 'RATE_LIMIT_CONCURRENT', default: 500, max: ratesMax, unit: 'requests at a time' },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof limitTable;

/** The limits in force, by name. */
export type Limits = Readonly<Record<LimitName, number>>;
