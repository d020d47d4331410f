import { readHeads } from '../../../database/records/read-log.ts';
import type { JobQueue } from '../../../jobs/job-queue.ts';
import { QueueRunner, type QueueRunnerParts } from '../../../jobs/queue-runner.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import { claimRun, finishRun, forgetRun, interruptRun, type RunsState, readRunsState, requestRun } from '../database/retention-runs.ts';
import { leaseMs, OrganizationRun, type RunDeps } from './organization-run.ts';

/** A run is due once a day, so a minute more is negligible. Each check is a query by an index. */
const pollMs = 60 * 1_000;
/** A failure is usually one of the database. */
const failurePauseMs = 10 * 60 * 1_000;

export interface RetentionJobParts extends Omit<RunDeps, 'signal'>, Pick<QueueRunnerParts, 'duePolls'> {}

interface RunClaim {
  readonly orgId: string;
  readonly lease: string;
  /** The number of changed rows by step, once the run has begun. */
  changed: Readonly<Record<string, number>>;
}

/**
 * Prunes the old data of all organizations, once a day each. All instances run it, and each works
 * on one organization at a time. If an instance dies, another one continues after the lease.
 */
export class RetentionJob {
  readonly #parts: RetentionJobParts;
  readonly #runner: QueueRunner<RunClaim>;
  #state: RunsState = { due: 0, lastRunAt: 0 };

  constructor(parts: RetentionJobParts) {
    this.#parts = parts;
    const { db } = parts.writePath.database;
    const queue: JobQueue<RunClaim> = {
      name: 'retention runs',
      every: pollMs,
      claim: (running) => (running.length > 0 ? Promise.resolve([]) : this.#claim()),
      execute: (claim, { stopping }) => this.#execute(claim, stopping),
      fail: (claim, error) => this.#fail(claim, error),
      release: ({ orgId, lease, changed }) => interruptRun(db, orgId, lease, 0, { ...changed, error: 'The process that ran it stopped.' }),
    };
    this.#runner = new QueueRunner(queue, { duePolls: parts.duePolls, log: parts.writePath.log });
  }

  /** The state at the last check, for metrics. */
  get state(): RunsState {
    return this.#state;
  }

  start(): void {
    this.#runner.start();
  }

  /** Stops after the batch in progress. The run continues later, on any instance. */
  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /** Makes the run of an organization, or of all, due now. Does not wait for it. */
  async request(orgId: string | null): Promise<void> {
    await requestRun(this.#parts.writePath.database.db, orgId);
    this.wake();
  }

  /** Begins the runs that are due. Returns at once. */
  wake(): void {
    this.#runner.wake();
  }

  async #claim(): Promise<readonly RunClaim[]> {
    const { db } = this.#parts.writePath.database;
    this.#state = await readRunsState(db);
    const lease = randomHex(16);
    const orgId = await claimRun(db, lease, leaseMs);
    return orgId === null ? [] : [{ orgId, lease, changed: {} }];
  }

  async #execute(claim: RunClaim, signal: AbortSignal): Promise<void> {
    const { writePath } = this.#parts;
    const { db } = writePath.database;
    const { orgId, lease } = claim;
    if ((await readHeads(db, [orgId])).length === 0) return forgetRun(db, orgId);
    const run = new OrganizationRun(orgId, lease, { ...this.#parts, signal });
    claim.changed = run.changed;
    await run.runSteps();
    await finishRun(db, orgId, lease, run.changed);
    if (Object.keys(run.changed).length > 0) writePath.log.info({ orgId, ...run.changed }, "pruned an organization's old data");
  }

  async #fail({ orgId, lease, changed }: RunClaim, error: unknown): Promise<void> {
    const { database, log } = this.#parts.writePath;
    await interruptRun(database.db, orgId, lease, failurePauseMs, { ...changed, error: String(error) });
    log.warn({ orgId, error: String(error) }, "could not prune an organization's data; it is tried again after a pause");
  }
}
