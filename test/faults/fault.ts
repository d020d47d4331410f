import type { SeededRandom } from '../support/seeds.ts';
import type { Crew } from './crew.ts';
import type { Organization } from './organization.ts';
import type { Stage } from './stage.ts';
import type { Verdicts } from './verdicts.ts';

export interface FaultContext {
  readonly stage: Stage;
  readonly organizations: readonly Organization[];
  readonly crew: Crew;
  readonly verdicts: Verdicts;
  readonly random: SeededRandom;
  /** The approximate duration. */
  readonly forMs: number;
  /** The maximum additional time without a fault, until the whole history is played. */
  readonly historyMs: number;
  /** The time for which a server is frozen. */
  readonly freezeMs: number;
}

/** The actions of a fault, by name, with their number. None may be 0. */
export type Deeds = Readonly<Record<string, number>>;

/** A fault during writes and live subscriptions. */
export interface Fault {
  readonly name: string;
  readonly says: string;
  /**
   * Whether servers or connections are blocked, so that the end of access may wait for the end of
   * the fault.
   */
  readonly holdsUp: boolean;
  /** Resolves when the fault is removed. Recovery may still be in progress. */
  inject(context: FaultContext): Promise<Deeds>;
}

/**
 * On a busy machine little happens in a second. A fault without effect so far gets this additional
 * time.
 */
const strikeMsMax = 30_000;

/**
 * Repeats `turn` until the time is over and the fault had an effect, at least once. Returns the
 * number of repetitions.
 */
export async function repeatFor(forMs: number, turn: () => Promise<void>, hasStruck = () => true): Promise<number> {
  let turns = 0;
  const startedAt = performance.now();
  const isOver = () => {
    const tookMs = performance.now() - startedAt;
    return tookMs >= forMs + strikeMsMax || (tookMs >= forMs && hasStruck());
  };
  for (; turns === 0 || !isOver(); turns++) await turn();
  return turns;
}
