import type { SeededRandom } from '../support/seeds.ts';
import type { Cluster } from './cluster.ts';
import type { Organization } from './organization.ts';
import type { Verdicts } from './verdicts.ts';
import type { WriterGroup } from './writer-group.ts';

export interface FaultContext {
  readonly cluster: Cluster;
  readonly organizations: readonly Organization[];
  readonly writers: WriterGroup;
  readonly verdicts: Verdicts;
  readonly random: SeededRandom;
  /** The approximate duration. */
  readonly forMs: number;
  /** The maximum additional time without a fault, until the whole history is played. */
  readonly historyMs: number;
  /** The time for which a server is frozen. */
  readonly freezeMs: number;
}

/**
 * The number of times that a fault took each of its actions, keyed by the action's name. Every
 * number must be above 0.
 */
export type ActionCounts = Readonly<Record<string, number>>;

/** A fault during writes and live subscriptions. */
export interface Fault {
  readonly name: string;
  readonly description: string;
  /**
   * Whether servers or connections are blocked, so that the end of access may wait for the end of
   * the fault.
   */
  readonly blocksServers: boolean;
  /** Resolves when the fault is removed. Recovery may still be in progress. */
  inject(context: FaultContext): Promise<ActionCounts>;
}

/**
 * The additional time for a fault that had no effect so far, because little happens in a second on
 * a busy machine.
 */
const effectMsMax = 30_000;

/**
 * Repeats `action` until the time is over and the fault had an effect, at least once. Returns the
 * number of repetitions.
 */
export async function repeatFor(forMs: number, action: () => Promise<void>, hadEffect = () => true): Promise<number> {
  let count = 0;
  const startedAt = performance.now();
  const isOver = () => {
    const tookMs = performance.now() - startedAt;
    return tookMs >= forMs + effectMsMax || (tookMs >= forMs && hadEffect());
  };
  for (; count === 0 || !isOver(); count++) await action();
  return count;
}
