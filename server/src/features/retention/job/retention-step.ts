import type { Tx } from '../../../database/database.ts';
import type { Batch } from '../database/prune-rows.ts';
import type { EffectiveRetention } from '../domain/effective-retention.ts';

/** A part of the daily run: what it removes, or replaces, of one organization's old data. */
export interface RetentionStep {
  /** The name of the step in the log, and the label `kind` of the metric. */
  readonly name: string;
  /** Does nothing under legal hold. */
  run(run: RetentionRun): Promise<void>;
}

/** Changes a batch of rows. The retention was read, and is locked, in the same transaction. */
export type ChangeBatch = (tx: Tx, retention: EffectiveRetention) => Promise<Batch>;

/** The result of a last batch that changed no counted rows. */
export const noRows: Batch = { rows: 0, hasMore: false };

/** The run of one organization, as its steps see it. */
export interface RetentionRun {
  readonly orgId: string;
  /**
   * Repeats a batch, each in a transaction of its own, until no other has to follow. Pauses in
   * between, so that other work gets half of the time. Ends at once under legal hold.
   * @throws RunInterruptedError when the process stops
   * @throws JobLostError when the claim has passed to another instance
   */
  changeInBatches(batch: ChangeBatch): Promise<void>;
  /**
   * Pauses for as long as the work since that time took. For long work outside of batches, so that
   * other work gets half of the time. Ends early when the process stops.
   * @param startedAt a value of `performance.now()`
   */
  pauseAfterWork(startedAt: number): Promise<void>;
  /** Renews the claim. For long work outside of batches. @throws as above */
  assertOwned(): Promise<void>;
}

/** The process stops. The run continues later, possibly on another instance. */
export class RunInterruptedError extends Error {
  override readonly name = 'RunInterruptedError';
}
