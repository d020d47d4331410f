import type { Db } from '../database/database.ts';
import type { DuePolls } from '../database/due-polls.ts';
import { systemClock, yieldToLoop } from '../runtime/clock.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { JobHandler } from './job.ts';
import {
  claimJobs,
  failJob,
  finishJob,
  holdJob,
  isJobOpen,
  isOpen,
  type JobClaim,
  type JobsState,
  readJobsState,
  recordResult,
  releaseJob,
  renewJob,
  type StoredJob,
  saveProgress,
} from './job-claims.ts';
import type { HeldClaim, JobQueue } from './job-queue.ts';
import { JobWaits } from './job-waits.ts';
import { QueueRunner } from './queue-runner.ts';

/**
 * The jobs of a kind that an instance executes at the same time. Their commands take connections
 * from requests. A job of another kind doesn't wait for them.
 */
const perKindMax = 2;
const noJobs: JobsState = { open: 0, oldestSeconds: 0, failing: 0 };

export const jobTimes = {
  /** Another instance continues the job of a dead one after this time. A step takes far less. */
  leaseMs: 15_000,
  /** A long job then lets others of its kind run first. */
  slotMs: 2_000,
};

export interface JobRunnerParts {
  readonly db: Db;
  /** The database for queries on the queue, which need not wait for commands. */
  readonly reads: Db;
  /** Finds the jobs of other instances, and those that are due again. */
  readonly duePolls: DuePolls;
  readonly counters: Counters;
  readonly log: Log;
  readonly failpoints: Failpoints;
  readonly times?: Partial<typeof jobTimes>;
}

type AnyHandler = JobHandler<unknown, unknown>;

/** A job that this instance executes. */
interface ExecutedJob extends JobClaim {
  /** The failed steps before this one. */
  attempts: number;
  /** Whether a step has succeeded since the claim. */
  hasSucceeded: boolean;
}

/**
 * Executes jobs, step by step. All instances do so at once. A step begins with a statement that
 * extends the claim and reads the progress, so a job continues on another instance as it would on
 * the same one.
 */
export class JobRunner {
  readonly #parts: JobRunnerParts;
  readonly #times: typeof jobTimes;
  readonly #runner: QueueRunner<ExecutedJob>;
  readonly #waits = new JobWaits();
  #handlers: ReadonlyMap<string, AnyHandler> = new Map();
  #state: JobsState = noJobs;

  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
    this.#times = { ...jobTimes, ...parts.times };
    const queue: JobQueue<ExecutedJob> = {
      name: 'jobs',
      every: isJobOpen,
      polled: (isAnyOpen) => this.#measure(isAnyOpen),
      claim: (running) => this.#claim(running),
      execute: (job, held) => this.#execute(job, held),
      release: (job) => releaseJob(parts.db, job, job.hasSucceeded),
      fail: (job, error) => this.#fail(job, error),
    };
    this.#runner = new QueueRunner(queue, parts);
  }

  /** The state of the queue at the last poll, for metrics. All instances share the queue. */
  get state(): JobsState {
    return this.#state;
  }

  start(handlers: readonly AnyHandler[]): void {
    this.#handlers = new Map(handlers.map((handler) => [handler.kind, handler]));
    this.#parts.counters.startAtZero('jobStepsFailed', [...this.#handlers.keys()]);
    this.#runner.start();
  }

  /** Begins jobs that are due. Returns at once. */
  wake(): void {
    this.#runner.wake();
  }

  /**
   * Stops after the steps in progress, and releases their jobs, so that another instance continues
   * them at once.
   */
  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /**
   * Resolves when the job is finished or a step has failed, or after `ms`. Jobs that another
   * instance executes are not awaited longer than that.
   */
  async settle(job: Pick<JobClaim, 'kind' | 'subject'>, ms: number): Promise<void> {
    const wait = this.#waits.begin(job, ms);
    // It may have ended before.
    if (!(await isOpen(this.#parts.db, job))) this.#waits.end(job);
    await wait;
  }

  async #measure(isAnyOpen: boolean): Promise<boolean> {
    this.#state = isAnyOpen ? await readJobsState(this.#parts.reads) : noJobs;
    return isAnyOpen;
  }

  async #claim(running: readonly ExecutedJob[]): Promise<readonly ExecutedJob[]> {
    const free = new Map<string, number>();
    for (const kind of this.#handlers.keys()) {
      const count = perKindMax - running.filter((job) => job.kind === kind).length;
      if (count > 0) free.set(kind, count);
    }
    if (free.size === 0) return [];
    const claims = await claimJobs(this.#parts.db, this.#times.leaseMs, free);
    return claims.map((claim) => ({ ...claim, attempts: 0, hasSucceeded: false }));
  }

  async #execute(job: ExecutedJob, { stopping }: HeldClaim): Promise<void> {
    const { db, failpoints } = this.#parts;
    const slotEndsAt = performance.now() + this.#times.slotMs;
    while (!stopping.aborted && performance.now() < slotEndsAt) {
      const stored = await renewJob(db, job, this.#times.leaseMs, job.hasSucceeded);
      if (!stored) return;
      job.attempts = stored.attempts;
      if ((await this.#step(job, stored, stopping)) === 'done') {
        if (await finishJob(db, job, this.#handlers.get(job.kind)!.isReport)) this.#waits.end(job);
        return;
      }
      job.hasSucceeded = true;
      failpoints.reach('after-job-step');
      await yieldToLoop(systemClock);
    }
    await releaseJob(db, job, job.hasSucceeded);
  }

  async #fail(job: ExecutedJob, error: unknown): Promise<void> {
    const { db, counters, log } = this.#parts;
    const { id, kind, subject, attempts } = job;
    counters.increment('jobStepsFailed', 1, kind);
    // Once per job, because a cause that lasts would fill the log.
    const level = attempts === 0 ? 'warn' : 'debug';
    log[level]({ job: id, kind, subject, error: String(error) }, 'a step of a job failed; it is tried again after a pause');
    await failJob(db, job, String(error));
    this.#waits.end(job);
  }

  async #step(
    claim: JobClaim,
    { params, progress, operator_name: operatorName }: StoredJob,
    signal: AbortSignal,
  ): Promise<'continue' | 'done'> {
    const handler = this.#handlers.get(claim.kind)!;
    let isSaved = false;
    const outcome = await handler.step({
      id: claim.id,
      subject: claim.subject,
      params: handler.paramsSchema.parse(params),
      operatorName,
      progress: progress === null ? null : handler.progressSchema.parse(progress),
      signal,
      save: async (tx, next) => {
        await saveProgress(tx, claim, next);
        isSaved = true;
      },
      hold: (tx) => holdJob(tx, claim),
      record: (tx, orgId, result) => recordResult(tx, claim.id, orgId, result),
    });
    // The step would be repeated without end.
    if (outcome === 'continue' && !isSaved) throw new Error('The step did not save its progress.');
    return outcome;
  }
}
