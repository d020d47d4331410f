import type { Machine } from '../report/machine.ts';
import { SavedResults } from '../saved-results.ts';

/** Shares of one core. */
export interface CpuShares {
  readonly instances: number;
  readonly postgres: number;
}

/** Two instances that are subscribed to organizations in which nothing changes. */
export interface IdleStep extends CpuShares {
  readonly organizations: number;
  readonly transactionsPerSecond: number;
  /** The memory of both instances after a garbage collection. */
  readonly rssBytes: number;
  /** CPU time in microseconds. Each connection follows half of the organizations. */
  readonly pingUs: CpuShares;
}

/** One opening of all connections. */
export interface OpeningRound {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Memory of both servers, divided by the number of organizations. */
export interface OpeningMemory {
  /** Right after the opening. */
  readonly burstBytes: number;
  /** Some seconds later. */
  readonly openBytes: number;
  /** Some time after all connections were closed. */
  readonly leftBytes: number;
}

/** Two instances of one contestant. */
export interface OpeningResult {
  readonly title: string;
  readonly rounds: readonly OpeningRound[];
  /** Measured in the first round, when the instances have not opened anything before. */
  readonly memory: OpeningMemory;
  /**
   * For each round: the milliseconds from the first connection after the kill of an instance until
   * the last of its subscribers is current on the other one.
   */
  readonly reopenedMs: readonly number[];
}

/** Writers of many organizations, as fast as two instances and one PostgreSQL can commit. */
export interface ManyWrites extends CpuShares {
  readonly organizations: number;
  readonly writers: number;
  readonly commitsPerSecond: number;
  /** The cores of the machine that were busy, with anything. */
  readonly busyCores: number;
}

/**
 * When an instance dies, the subscribers of its organizations are current on another one in this
 * time after they began to connect to it.
 */
export const reopeningGoal = { organizations: 5_000, ms: 5_000 };

/** The figures of `npm run bench:many`. */
export interface ManyResults {
  readonly measuredAt: string;
  readonly loadBefore: number;
  readonly machine: Machine;
  readonly membersEach: number;
  /** Organizations with a connection to each of two instances. */
  readonly opened: number;
  /** Connections that open at the same time. */
  readonly openingMax: number;
  readonly openSeconds: number;
  readonly leftSeconds: number;
  readonly idle: readonly IdleStep[];
  /** Rollcall, then the hand-made app. */
  readonly opening: readonly [OpeningResult, OpeningResult];
  /** The organizations of the killed instance, with one subscriber each. */
  readonly reopened: number;
  /** All opened connections ping at the rate of a browser. */
  readonly pinging: CpuShares & { readonly connections: number; readonly everySeconds: number };
  /** Memory of a further member of an organization in one instance. */
  readonly memberBytes: number;
  readonly writes: ManyWrites;
}

export const manyResults = new SavedResults<ManyResults>('many.json', 2, 'npm run bench:many');
