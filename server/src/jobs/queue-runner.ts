import { setTimeout as sleep } from 'node:timers/promises';
import type { DuePolls } from '../database/due-polls.ts';
import type { Log } from '../runtime/log.ts';
import { startSweep } from '../runtime/tasks/start-sweep.ts';
import { JobLostError } from './job.ts';
import type { JobQueue } from './job-queue.ts';

/** Work in progress may end when the process stops. Its lease covers work that takes longer. */
const stopMsMax = 4_000;

export interface QueueRunnerParts {
  readonly duePolls: DuePolls;
  readonly log: Log;
}

interface Running {
  readonly lost: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Executes the work of a queue. Any number of instances may do so at once. A row is claimed for
 * some time, and its work runs outside of the statement that claims it. If the process dies,
 * another one executes the work again when the lease has ended.
 */
export class QueueRunner<Claim extends object> {
  readonly #queue: JobQueue<Claim>;
  readonly #parts: QueueRunnerParts;
  readonly #running = new Map<Claim, Running>();
  readonly #stopping = new AbortController();
  readonly #timers: AsyncDisposable[] = [];
  #isStarted = false;
  #claiming: Promise<void> | null = null;
  #isWoken = false;

  constructor(queue: JobQueue<Claim>, parts: QueueRunnerParts) {
    this.#queue = queue;
    this.#parts = parts;
  }

  start(): void {
    const { every, renewal } = this.#queue;
    this.#isStarted = true;
    const poll = (isDue: boolean) => this.#orWarn(this.#poll(isDue));
    if (typeof every === 'number') this.#timers.push(startSweep(every, () => poll(true)));
    else this.#timers.push(this.#parts.duePolls.add({ isDue: every, poll }));
    if (renewal) this.#timers.push(startSweep(renewal.everyMs, () => this.#orWarn(this.#renew())));
  }

  /** Begins work that is due. Returns at once. */
  wake(): void {
    this.#isWoken = true;
    if (this.#isStarted && !this.#stopping.signal.aborted) this.#claiming ??= this.#claimWhileWoken();
  }

  /** Takes no new work. Resolves when the work in progress has ended, or after some seconds. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers.splice(0)) await timer[Symbol.asyncDispose]();
    await this.#claiming;
    const giveUp = new AbortController();
    const timeout = sleep(stopMsMax, null, { signal: giveUp.signal }).catch(() => {});
    await Promise.race([Promise.all([...this.#running.values()].map(({ ended }) => ended)), timeout]);
    giveUp.abort();
  }

  async #poll(isDue: boolean): Promise<void> {
    if ((await this.#queue.polled?.(isDue)) ?? isDue) this.wake();
  }

  async #claimWhileWoken(): Promise<void> {
    while (this.#isWoken && !this.#stopping.signal.aborted) {
      this.#isWoken = false;
      await this.#orWarn(this.#claim());
    }
    this.#claiming = null;
  }

  /** Claims as much work as can be executed now. Each end triggers the next claim. */
  async #claim(): Promise<void> {
    for (const claim of await this.#queue.claim([...this.#running.keys()])) {
      const lost = new AbortController();
      const ended = this.#orWarn(this.#run(claim, lost.signal)).finally(() => {
        this.#running.delete(claim);
        this.wake();
      });
      this.#running.set(claim, { lost, ended });
    }
  }

  async #run(claim: Claim, lost: AbortSignal): Promise<void> {
    const stopping = this.#stopping.signal;
    try {
      await this.#queue.execute(claim, { stopping, lost });
    } catch (error) {
      if (error instanceof JobLostError || lost.aborted) return;
      await (stopping.aborted ? this.#queue.release(claim) : this.#queue.fail(claim, error));
    }
  }

  async #renew(): Promise<void> {
    const claims = [...this.#running.keys()];
    if (claims.length === 0) return;
    const held = await this.#queue.renewal!.renew(claims);
    for (const claim of claims) if (!held.has(claim)) this.#running.get(claim)?.lost.abort(new JobLostError());
  }

  /** Only the database can fail here, so the next poll tries again. */
  async #orWarn(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.warn(
        { queue: this.#queue.name, error: String(error) },
        'could not read or update a queue; the next poll tries again',
      );
    }
  }
}
