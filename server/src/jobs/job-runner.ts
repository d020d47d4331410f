import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../database/database.ts';
import type { DuePolls } from '../database/due-polls.ts';
import { systemClock, yieldToLoop } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import { type JobHandler, JobLostError } from './job.ts';
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
  saveProgress,
} from './job-claims.ts';
import { JobWaits } from './job-waits.ts';

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
  /** A step in progress may end when the process stops. The lease covers a longer one. */
  stopMsMax: 4_000,
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

/**
 * Executes jobs, step by step. All instances do so at once. A step begins with a statement that
 * extends the claim and reads the progress, so a job continues on another instance as it would on
 * the same one.
 */
export class JobRunner {
  readonly #parts: JobRunnerParts;
  readonly #times: typeof jobTimes;
  readonly #running = new Map<string, { readonly kind: string; readonly ended: Promise<void> }>();
  #timer: AsyncDisposable | null = null;
  readonly #stopping = new AbortController();
  #handlers: ReadonlyMap<string, AnyHandler> | null = null;
  #claiming: Promise<void> | null = null;
  #isWoken = false;
  #state: JobsState = noJobs;
  readonly #waits = new JobWaits();

  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
    this.#times = { ...jobTimes, ...parts.times };
  }

  /** The state of the queue at the last poll, for metrics. All instances share the queue. */
  get state(): JobsState {
    return this.#state;
  }

  start(handlers: readonly AnyHandler[]): void {
    const { duePolls, counters } = this.#parts;
    this.#handlers = new Map(handlers.map((handler) => [handler.kind, handler]));
    counters.startAtZero('jobStepsFailed', [...this.#handlers.keys()]);
    this.#timer = duePolls.add({ isDue: isJobOpen, poll: (isAnyOpen) => this.#poll(isAnyOpen) });
  }

  /** Begins jobs that are due. Returns at once. */
  wake(): void {
    this.#isWoken = true;
    if (this.#handlers && !this.#stopping.signal.aborted) this.#claiming ??= this.#claimWhileWoken();
  }

  /**
   * Stops after the steps in progress, and releases their jobs, so that another instance continues
   * them at once.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#timer?.[Symbol.asyncDispose]();
    await this.#claiming;
    const giveUp = new AbortController();
    const timeout = sleep(this.#times.stopMsMax, null, { signal: giveUp.signal }).catch(() => {});
    await Promise.race([Promise.all([...this.#running.values()].map(({ ended }) => ended)), timeout]);
    giveUp.abort();
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

  async #poll(isAnyOpen: boolean): Promise<void> {
    if (!isAnyOpen) {
      this.#state = noJobs;
      return;
    }
    this.wake();
    await this.#orWarn(
      readJobsState(this.#parts.reads).then((state) => {
        this.#state = state;
      }),
    );
  }

  async #claimWhileWoken(): Promise<void> {
    while (this.#isWoken && !this.#stopping.signal.aborted) {
      this.#isWoken = false;
      await this.#orWarn(this.#claim());
    }
    this.#claiming = null;
  }

  /** Claims as many jobs as can be executed now. Each one that ends triggers the next claim. */
  async #claim(): Promise<void> {
    const free = new Map<string, number>();
    for (const kind of this.#handlers!.keys()) {
      const count = perKindMax - [...this.#running.values()].filter((running) => running.kind === kind).length;
      if (count > 0) free.set(kind, count);
    }
    if (free.size === 0) return;
    for (const claim of await claimJobs(this.#parts.db, this.#times.leaseMs, free)) {
      const ended = this.#orWarn(this.#run(claim)).finally(() => {
        this.#running.delete(claim.lease);
        this.wake();
      });
      this.#running.set(claim.lease, { kind: claim.kind, ended });
    }
  }

  async #run(claim: JobClaim): Promise<void> {
    const { db, counters, log, failpoints } = this.#parts;
    const { id, kind, subject } = claim;
    let attempts = 0;
    let hasSucceeded = false;
    try {
      const slotEndsAt = performance.now() + this.#times.slotMs;
      while (!this.#stopping.signal.aborted && performance.now() < slotEndsAt) {
        const stored = await renewJob(db, claim, this.#times.leaseMs, hasSucceeded);
        if (!stored) return;
        attempts = stored.attempts;
        const outcome = await this.#step(claim, stored);
        if (outcome === 'done') {
          if (await finishJob(db, claim, this.#handlers!.get(kind)!.isReport)) this.#waits.end(claim);
          return;
        }
        hasSucceeded = true;
        failpoints.reach('after-job-step');
        await yieldToLoop(systemClock);
      }
      await releaseJob(db, claim, hasSucceeded);
    } catch (error) {
      if (error instanceof JobLostError) return;
      if (this.#stopping.signal.aborted) return releaseJob(db, claim, hasSucceeded);
      counters.increment('jobStepsFailed', 1, kind);
      // Once per job, because a cause that lasts would fill the log.
      const level = attempts === 0 ? 'warn' : 'debug';
      log[level]({ job: id, kind, subject, error: String(error) }, 'a step of a job failed; it is tried again after a pause');
      await failJob(db, claim, String(error));
      this.#waits.end(claim);
    }
  }

  async #step(claim: JobClaim, { params, progress }: StoredStep): Promise<'continue' | 'done'> {
    const handler = this.#handlers!.get(claim.kind)!;
    let isSaved = false;
    const outcome = await handler.step({
      id: claim.id,
      subject: claim.subject,
      params: handler.paramsSchema.parse(params),
      progress: progress === null ? null : handler.progressSchema.parse(progress),
      signal: this.#stopping.signal,
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

  /** Only the database can fail here, so the next poll tries again. */
  async #orWarn(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.warn({ error: String(error) }, 'could not read or update jobs; the next poll tries again');
    }
  }
}

interface StoredStep {
  readonly params: unknown;
  readonly progress: unknown;
}
