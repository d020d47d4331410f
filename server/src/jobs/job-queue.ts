import type { RawBuilder } from 'kysely';

/**
 * A table whose rows are work that any instance may execute. A `QueueRunner` executes it. The
 * statements are those of the table; when they run is the same for all queues.
 */
export interface JobQueue<Claim extends object> {
  /** The name in log lines: `mails`. */
  readonly name: string;
  /** When to look for due rows: milliseconds, or a condition that is polled with others. */
  readonly every: number | RawBuilder<boolean>;
  /** Claims due rows, at most as many as this instance can execute besides those in progress. */
  claim(running: readonly Claim[]): Promise<readonly Claim[]>;
  /** Executes the work, and then ends the claim. */
  execute(claim: Claim, held: HeldClaim): Promise<void>;
  /**
   * Ends the claim of work that failed, and decides when it is due again. It is not called for a
   * `JobLostError`.
   */
  fail(claim: Claim, error: unknown): Promise<void>;
  /**
   * Ends the claim of work that the stop of the process interrupted, so that another instance
   * continues it at once.
   */
  release(claim: Claim): Promise<void>;
  /** Extends the leases of work that takes longer than one. Without it, `execute` does so. */
  readonly renewal?: Renewal<Claim>;
  /**
   * Called at each poll, for example to measure the queue. Returns whether to look for due rows.
   * @param isDue also true if that could not be read
   */
  polled?(isDue: boolean): Promise<boolean>;
}

export interface Renewal<Claim> {
  readonly everyMs: number;
  /** Returns the claims that this instance still has. Work of the others is interrupted. */
  renew(claims: readonly Claim[]): Promise<ReadonlySet<Claim>>;
}

/** A claim during its execution. */
export interface HeldClaim {
  /** Aborted when the process stops. The work then ends as soon as it can. */
  readonly stopping: AbortSignal;
  /** Aborted when another instance has the claim. */
  readonly lost: AbortSignal;
}
