import type { Tx } from '../database/database.ts';
import type { EffectiveRetention } from '../domain/retention/effective-retention.ts';

/** A part of the daily run: what it removes, or replaces, of one organization's old data. */
export interface RetentionStep {
  /** In the log, and as the label `kind` of the metric. */
  readonly name: string;
  /** Does nothing under legal hold. */
  run(run: RetentionRun): Promise<void>;
}

/**
 * Changes a batch of rows, and returns how many. The retention was read, and is locked, in the same
 * transaction.
 */
export type ChangeBatch = (tx: Tx, retention: EffectiveRetention) => Promise<number>;

/** The run of one organization, as its steps see it. */
export interface RetentionRun {
  readonly orgId: string;
  /**
   * Repeats a batch, each in a transaction of its own, until it changes fewer rows than
   * `batchRowsMax`. Pauses in between, so that other work gets half of the time. Ends at once under
   * legal hold.
   * @throws RunInterruptedError when the process stops or the claim has passed to another instance
   */
  changeInBatches(batch: ChangeBatch): Promise<void>;
}

/** The run continues later, possibly on another instance. */
export class RunInterruptedError extends Error {
  override readonly name = 'RunInterruptedError';
}
