import { readHeads } from '../../../database/records/read-log.ts';
import { randomHex } from '../../../runtime/random.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import {
  addMissingRuns,
  claimRun,
  finishRun,
  forgetRun,
  interruptRun,
  type RunsState,
  readRunsState,
  requestRun,
} from '../database/retention-runs.ts';
import { leaseMs, OrganizationRun, type RunDeps } from './organization-run.ts';
import { RunInterruptedError } from './retention-step.ts';

/** A run is due once a day, so a minute more is negligible. Each check is a query by an index. */
const pollMs = 60 * 1_000;
/** Organizations that were created since get a row. Their data is young. */
const addMs = 60 * 60 * 1_000;
/** A failure is usually one of the database. */
const failurePauseMs = 10 * 60 * 1_000;

/**
 * Prunes the old data of all organizations, once a day each. All instances run it, and each works
 * on one organization at a time. If an instance dies, another one continues after the lease.
 */
export class RetentionJob {
  readonly #deps: Omit<RunDeps, 'signal'>;
  readonly #stopping = new AbortController();
  #sweeps: AsyncDisposable[] = [];
  #running: Promise<void> | null = null;
  #isWoken = false;
  #state: RunsState = { due: 0, lastRunAt: 0 };

  constructor(deps: Omit<RunDeps, 'signal'>) {
    this.#deps = deps;
  }

  /** The state at the last check, for metrics. */
  get state(): RunsState {
    return this.#state;
  }

  start(): void {
    const { db } = this.#deps.writePath.database;
    this.#sweeps = [startSweep(addMs, () => this.#orWarn(addMissingRuns(db))), startSweep(pollMs, () => this.#wake())];
  }

  /** Stops after the batch in progress. The run continues later, on any instance. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const sweep of this.#sweeps.splice(0)) await sweep[Symbol.asyncDispose]();
    await this.#running;
  }

  /** Makes the run of an organization, or of all, due now. Does not wait for it. */
  async request(orgId: string | null): Promise<void> {
    await requestRun(this.#deps.writePath.database.db, orgId);
    this.wake();
  }

  /** Begins the runs that are due. Returns at once. */
  wake(): void {
    void this.#wake();
  }

  /** Runs all that are due. Joins the runs in progress, which then look again. */
  #wake(): Promise<void> {
    this.#isWoken = true;
    this.#running ??= this.#runWhileWoken().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #runWhileWoken(): Promise<void> {
    while (this.#isWoken && !this.#stopping.signal.aborted) {
      this.#isWoken = false;
      await this.#orWarn(this.#runDue());
    }
  }

  async #runDue(): Promise<void> {
    const { db } = this.#deps.writePath.database;
    while (!this.#stopping.signal.aborted) {
      this.#state = await readRunsState(db);
      const lease = randomHex(16);
      const orgId = await claimRun(db, lease, leaseMs);
      if (orgId === null) return;
      await this.#run(orgId, lease);
    }
  }

  async #run(orgId: string, lease: string): Promise<void> {
    const { writePath } = this.#deps;
    const { db } = writePath.database;
    if ((await readHeads(db, [orgId])).length === 0) return forgetRun(db, orgId);
    const run = new OrganizationRun(orgId, lease, { ...this.#deps, signal: this.#stopping.signal });
    try {
      await run.runSteps();
    } catch (error) {
      const wasInterrupted = error instanceof RunInterruptedError;
      await interruptRun(db, orgId, lease, wasInterrupted ? 0 : failurePauseMs, { ...run.changed, error: String(error) });
      if (!wasInterrupted) {
        writePath.log.warn({ orgId, error: String(error) }, "could not prune an organization's data; it is tried again after a pause");
      }
      return;
    }
    await finishRun(db, orgId, lease, run.changed);
    if (Object.keys(run.changed).length > 0) writePath.log.info({ orgId, ...run.changed }, "pruned an organization's old data");
  }

  /** Only the database can fail here, so the next check tries again. */
  async #orWarn(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#deps.writePath.log.warn({ error: String(error) }, 'could not check for organizations to prune; the next check tries again');
    }
  }
}
