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

/** All measurements, written as JSON without conversion. */
export interface Results {
  readonly startedAt: string;
  readonly durationMs: number;
  readonly machine: Machine;
  /**
   * The load average of the minute before the start. The page contains a note if the machine wasn't
   * idle.
   */
  readonly loadBefore: number;
  readonly options: Options;
  readonly contestants: readonly ContestantResult[];
  readonly rounds: readonly Round[];
  readonly faults: readonly FaultResult[];
  readonly commits: readonly CommitsMeasured[];
  /** The steps that were skipped for lack of time. */
  readonly leftOut: readonly string[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value at this share of the sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

/** The median of the ratios of each round, and the smallest and the largest of them. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Compares interleaved rounds, one by one. Other work on the machine affects both sides of a round,
 * so these ratios vary less than the figures.
 */
export function ratioOf(values: readonly number[], others: readonly number[]): Ratio {
  const ratios = values.map((value, round) => value / others[round]!);
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

/** The median over the rounds. */
export function medianOf(results: Results, contestant: ContestantName, load: LoadName, read: (measured: Measured) => number): number {
  return median(valuesOf(results, contestant, load, read));
}

/** The values of all rounds, in their order. */
export function valuesOf({ rounds }: Results, contestant: ContestantName, load: LoadName, read: (measured: Measured) => number): number[] {
  return rounds.filter((round) => round.contestant === contestant).map((round) => read(round[load]));
}
