import type * as z from 'zod';
import type { Db, Tx } from '../database/database.ts';

/**
 * A **job** is work that goes on after the request that caused it, in short steps, on any instance.
 * A command enqueues it in its own transaction: see `enqueue-job.ts`.
 */
export interface JobKind<Params, Progress> {
  /** The name in the table `jobs`, in the log and in metrics: `refresh-members`. */
  readonly kind: string;
  /** A request while a job of the same kind and subject is open: see {@link JobPolicy}. */
  readonly ifOpen: JobPolicy;
  /** Whether the finished job is kept for some days as a report. Otherwise it is deleted. */
  readonly isReport: boolean;
  /** Instances of the previous release read params and progress too. Change them like a table. */
  readonly paramsSchema: z.ZodType<Params>;
  readonly progressSchema: z.ZodType<Progress>;
}

/**
 * `join`: the open job stays as it is, with its own params. `repeat`: the open job takes the new
 * params for its next steps. At its end, it begins again, so each of its steps runs once after the
 * request. Either makes an open job due that waits after a failure.
 */
export type JobPolicy = 'join' | 'repeat';

/** Executes the jobs of a kind. */
export interface JobHandler<Params, Progress> extends JobKind<Params, Progress> {
  /**
   * Does the next part of the work, within about a second, and saves the progress. It may run
   * again with the same progress after a crash or a failure. If it throws, it is tried again after
   * a pause.
   */
  step(job: RunningJob<Params, Progress>): Promise<'continue' | 'done'>;
}

/** A job that this instance has claimed, as it is stored at the beginning of the step. */
export interface RunningJob<Params, Progress> {
  readonly id: string;
  readonly subject: string;
  readonly params: Params;
  /** The operator who requested the job. Null if none did. */
  readonly operatorName: string | null;
  /** Null in the first step. */
  readonly progress: Progress | null;
  /** Aborted when the process stops. The step then ends as soon as it can. */
  readonly signal: AbortSignal;
  /**
   * Saves the progress, with the effects of the step if `db` is their transaction. Call it last
   * there, because other transactions lock the job last, too.
   * @throws JobLostError if another instance has the job. The transaction must then not commit.
   */
  save(db: Db | Tx, progress: Progress): Promise<void>;
  /**
   * Ensures that no other instance has the job until the end of the transaction, for effects whose
   * progress is saved later. Call it last in the transaction.
   * @throws JobLostError as `save`
   */
  hold(tx: Tx): Promise<void>;
  /** Stores what the job did in an organization. A repeated call replaces it. */
  record(tx: Tx, orgId: string, result: object): Promise<void>;
}

/** Another instance continues the job, or the job was deleted. */
export class JobLostError extends Error {
  constructor() {
    super('Another instance continues the job.');
  }
}
