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
  /** About how long to go on. */
  readonly forMs: number;
  /** How much longer to go on at most without a fault, until all of the history is played. */
  readonly historyMs: number;
  /** How long a frozen server stays so. */
  readonly freezeMs: number;
}

/** What was done, by name, and how often: nothing of it may be 0. */
export type Deeds = Readonly<Record<string, number>>;

/** Something that goes wrong while everybody writes and follows. */
export interface Fault {
  readonly name: string;
  readonly says: string;
  /** Meanwhile servers or lines cannot act, so that the end of somebody's access may wait for the end of the fault. */
  readonly holdsUp: boolean;
  /** Resolves when all is mended again; what it broke may still be healing. */
  inject(context: FaultContext): Promise<Deeds>;
}

/** On a busy machine little happens in a second: a fault that has not struck yet is given so much longer. */
const strikeMsMax = 30_000;

/** Does it again and again until the time is up and it has struck, at least once. Gives how often. */
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
