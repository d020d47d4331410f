import { setTimeout as sleep } from 'node:timers/promises';
import { JobLostError } from '../../../jobs/job.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { type Batch, lockRetention } from '../database/prune-rows.ts';
import { renewRun } from '../database/retention-runs.ts';
import { effectiveRetention } from '../domain/effective-retention.ts';
import { type ChangeBatch, noRows, type RetentionRun, type RetentionStep, RunInterruptedError } from './retention-step.ts';

/** Another instance continues an interrupted run after this time. A batch takes far less. */
export const leaseMs = 60_000;
const renewMs = 20_000;
/** A long run logs its progress at this interval. */
const progressMs = 60_000;

export interface RunDeps {
  readonly writePath: WritePath;
  readonly steps: readonly RetentionStep[];
  /** Aborted when the process stops. */
  readonly signal: AbortSignal;
}

/** The run of one organization that this instance has claimed. */
export class OrganizationRun implements RetentionRun {
  readonly orgId: string;
  /** The number of changed rows by step, without the steps that changed none. */
  readonly changed: Record<string, number> = {};
  readonly #deps: RunDeps;
  readonly #lease: string;
  #step = '';
  #renewedAt = performance.now();
  #loggedAt = performance.now();

  constructor(orgId: string, lease: string, deps: RunDeps) {
    this.orgId = orgId;
    this.#lease = lease;
    this.#deps = deps;
  }

  /** @throws RunInterruptedError, JobLostError */
  async runSteps(): Promise<void> {
    for (const step of this.#deps.steps) {
      await this.assertOwned();
      this.#step = step.name;
      await step.run(this);
    }
  }

  async changeInBatches(batch: ChangeBatch): Promise<void> {
    const { counters, failpoints } = this.#deps.writePath;
    for (;;) {
      await this.assertOwned();
      const startedAt = performance.now();
      const { rows, hasMore } = await this.#change(batch);
      if (rows > 0) {
        counters.increment('historyPrunedRows', rows, this.#step);
        this.changed[this.#step] = (this.changed[this.#step] ?? 0) + rows;
        failpoints.reach('after-prune-batch');
      }
      if (rows === 0 && !hasMore) return;
      this.#logProgress();
      // Pauses after the last batch too, because a small organization has only one batch.
      await this.pauseAfterWork(startedAt);
      if (!hasMore) return;
    }
  }

  async pauseAfterWork(startedAt: number): Promise<void> {
    await sleep(performance.now() - startedAt, null, { signal: this.#deps.signal }).catch(() => {});
  }

  /** Changes nothing under legal hold. */
  #change(batch: ChangeBatch): Promise<Batch> {
    const { database, retentionDaysMax } = this.#deps.writePath;
    return database.db.transaction().execute(async (tx) => {
      const { retention, now } = await lockRetention(tx, this.orgId);
      return retention?.legalHold ? noRows : batch(tx, effectiveRetention(retention, retentionDaysMax, now));
    });
  }

  async assertOwned(): Promise<void> {
    if (this.#deps.signal.aborted) throw new RunInterruptedError('The process stops.');
    if (performance.now() - this.#renewedAt < renewMs) return;
    if (!(await renewRun(this.#deps.writePath.database.db, this.orgId, this.#lease, leaseMs))) {
      throw new JobLostError();
    }
    this.#renewedAt = performance.now();
  }

  #logProgress(): void {
    if (performance.now() - this.#loggedAt < progressMs) return;
    this.#loggedAt = performance.now();
    this.#deps.writePath.log.info({ orgId: this.orgId, step: this.#step, changed: this.changed }, "still pruning an organization's data");
  }
}
