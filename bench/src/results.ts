import type { CommitsMeasured } from './commits/commits-process.ts';
import type { ContestantName } from './contestants/contestant.ts';
import type { FaultResult } from './measure/faults.ts';
import type { LoadName, Measured } from './measure/load.ts';
import type { Options } from './options.ts';
import type { Machine } from './report/machine.ts';

export interface Round {
  readonly contestant: ContestantName;
  readonly paced: Measured;
  readonly saturated: Measured;
}

export interface ContestantResult {
  readonly name: ContestantName;
  readonly title: string;
  readonly rssPerConnectionBytes: number;
  readonly notes: readonly string[];
}

/** All that was measured; written as JSON as it is. */
export interface Results {
  readonly startedAt: string;
  readonly durationMs: number;
  readonly machine: Machine;
  /** The load average of the minute before the start: the page says so when the machine was doing something else. */
  readonly loadBefore: number;
  readonly options: Options;
  readonly contestants: readonly ContestantResult[];
  readonly rounds: readonly Round[];
  readonly faults: readonly FaultResult[];
  readonly commits: readonly CommitsMeasured[];
  /** What there was no time left for. */
  readonly leftOut: readonly string[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Over the rounds, each number by itself. */
export function medianOf(results: Results, contestant: ContestantName, load: LoadName, read: (measured: Measured) => number): number {
  return median(results.rounds.filter((round) => round.contestant === contestant).map((round) => read(round[load])));
}
