import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../database/database.ts';
import { randomHex } from '../runtime/random.ts';
import { startSweep } from '../runtime/start-sweep.ts';
import { type Claim, claimConsumer, releaseClaim, renewClaims } from './claims.ts';
import { ConsumerRun, type RunParts, type Step } from './consumer-run.ts';
import type { LogConsumer } from './log-consumer.ts';
import { readBehindSeconds, readOrgIdsWithConsumers } from './measure-consumers.ts';

/** Deliveries at once. Most of their time is spent waiting for a receiver. */
const parallelMax = 4;
/** A receiver that is slow then leaves room for the others. A host is a name and a port. */
const perHostMax = 2;

export const runnerTimes = {
  /** Finds consumers whose retry is due, and those whose instance died. */
  pollMs: 1_000,
  /** Another instance then continues for a dead one. */
  leaseMs: 30_000,
  renewMs: 10_000,
  /** A consumer that is far behind then leaves its place to others. */
  turnMs: 5_000,
  /** Deliveries in progress may end when the process stops. */
  stopMsMax: 4_000,
  /**
   * The age of the oldest event is a metric, so it needs not be exact. A poll finds an organization
   * that has a consumer since the last measurement.
   */
  measureMs: 15_000,
} as const;

export interface RunnerParts extends RunParts {
  /** For queries that need not wait behind commands. */
  readonly reads: Db;
  /** @internal For tests. */
  readonly times?: Partial<Record<keyof typeof runnerTimes, number>>;
}

interface Running {
  readonly claim: Claim;
  /** The end of the lease on this process's clock. A frozen process may find that it has passed. */
  leasedUntil: number;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

/**
 * Delivers the log to consumers. Any number of instances may do so at once. A consumer is claimed
 * for some time, and its checkpoint advances after each delivery. If the process dies in between,
 * another one repeats the delivery in progress.
 */
export class ConsumerRunner {
  readonly #parts: RunnerParts;
  readonly #times: Record<keyof typeof runnerTimes, number>;
  /** The runs in progress, keyed by their lease. */
  readonly #running = new Map<string, Running>();
  readonly #timers: AsyncDisposable[] = [];
  /** Organizations whose log has grown. */
  #woken = new Set<string>();
  #isPolled = false;
  /**
   * The organizations with an active consumer, so that a commit in another one costs no query. Null
   * until they were read.
   */
  #orgIds: Set<string> | null = null;
  #consumers: ReadonlyMap<string, LogConsumer> = new Map();
  #isStarted = false;
  #claiming: Promise<void> | null = null;
  #behindSeconds = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#times = { ...runnerTimes, ...parts.times };
  }

  /** The age of the oldest undelivered revision at the last measurement. */
  get behindSeconds(): number {
    return this.#behindSeconds;
  }

  start(consumers: readonly LogConsumer[]): void {
    this.#consumers = new Map(consumers.map((consumer) => [consumer.kind, consumer]));
    this.#isStarted = true;
    const { pollMs, renewMs, measureMs } = this.#times;
    this.#timers.push(
      startSweep(pollMs, async () => this.#poll()),
      startSweep(renewMs, () => this.#renew()),
      startSweep(measureMs, () => this.#orWarn(this.#measure())),
    );
  }

  /** Triggers deliveries of an organization whose log has grown. Returns at once. */
  wake(orgId: string): void {
    if (this.#orgIds && !this.#orgIds.has(orgId)) return;
    this.#woken.add(orgId);
    this.#claimSoon();
  }

  /**
   * Stops delivering. Resolves when the deliveries in progress have ended, or after some seconds.
   */
  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const timer of this.#timers.splice(0)) await timer[Symbol.asyncDispose]();
    await this.#claiming;
    const running = [...this.#running.values()];
    const ended = Promise.all(running.map((one) => one.ended));
    const giveUp = new AbortController();
    await Promise.race([ended, sleep(this.#times.stopMsMax, null, { signal: giveUp.signal }).catch(() => {})]);
    giveUp.abort();
    await Promise.all(running.map((one) => this.#end(one)));
  }

  #poll(): void {
    this.#isPolled = true;
    this.#claimSoon();
  }

  #claimSoon(): void {
    const canClaim = this.#isStarted && this.#running.size < parallelMax;
    if (canClaim) this.#claiming ??= this.#claimWhileWoken();
  }

  async #claimWhileWoken(): Promise<void> {
    while (this.#isStarted && (this.#isPolled || this.#woken.size > 0) && this.#running.size < parallelMax) {
      const orgIds = this.#isPolled ? null : [...this.#woken];
      this.#isPolled = false;
      this.#woken = new Set();
      await this.#orWarn(this.#claim(orgIds));
    }
    this.#claiming = null;
  }

  /** Claims as many consumers as can be served now. Each one that ends triggers the next claim. */
  async #claim(orgIds: readonly string[] | null): Promise<void> {
    const { db } = this.#parts;
    const kinds = [...this.#consumers.keys()];
    while (this.#isStarted && this.#running.size < parallelMax) {
      const lease = randomHex(16);
      const leasedUntil = performance.now() + this.#times.leaseMs;
      const claim = await claimConsumer(db, lease, this.#times.leaseMs, { kinds, orgIds, busyHosts: this.#busyHosts() });
      if (!claim) return;
      this.#orgIds?.add(claim.orgId);
      // The lease of the same consumer has ended here, for example while the process was frozen.
      for (const other of this.#running.values()) if (isSameConsumer(other.claim, claim)) await this.#end(other);
      const running = { claim, leasedUntil, abort: new AbortController(), ended: Promise.resolve() };
      this.#running.set(lease, running);
      running.ended = this.#run(running);
    }
  }

  async #run(running: Running): Promise<void> {
    const { db, log } = this.#parts;
    const { claim, abort } = running;
    const { orgId, kind, recordId, lease } = claim;
    const isLeased = () => performance.now() < running.leasedUntil;
    const run = new ConsumerRun(this.#parts, this.#consumers.get(kind)!, claim, { signal: abort.signal, isLeased });
    const turnEndsAt = performance.now() + this.#times.turnMs;
    let pauseMs = 0;
    let retryMs: number | undefined;
    try {
      let step: Step = 'continue';
      while (step === 'continue' && this.#isStarted && isLeased() && !abort.signal.aborted && performance.now() < turnEndsAt) {
        step = await run.step();
      }
      if (step !== 'continue') ({ pauseMs, retryMs } = step);
    } catch (error) {
      pauseMs = this.#times.pollMs;
      log.warn({ orgId, kind, recordId, error: String(error) }, 'could not deliver to an outlet; it is tried again after a pause');
    }
    await this.#orWarn(releaseClaim(db, claim, pauseMs));
    // Longer waits end with a poll.
    if (retryMs !== undefined && retryMs < this.#times.pollMs) setTimeout(() => this.#poll(), retryMs).unref();
    const isOtherWaiting = this.#running.size >= parallelMax || this.#busyHosts().length > 0;
    this.#running.delete(lease);
    if (isOtherWaiting) this.#poll();
    // The log may have grown after the run read the head.
    else this.wake(orgId);
  }

  async #end({ abort, ended }: Running): Promise<void> {
    abort.abort();
    await ended;
  }

  /** Ends the runs whose claim another instance may have. */
  async #renew(): Promise<void> {
    const leases = [...this.#running.keys()];
    if (leases.length === 0) return;
    const leasedUntil = performance.now() + this.#times.leaseMs;
    await this.#orWarn(
      renewClaims(this.#parts.db, leases, this.#times.leaseMs).then((renewed) => {
        for (const lease of leases) {
          const running = this.#running.get(lease);
          if (!running) continue;
          if (renewed.has(lease)) running.leasedUntil = leasedUntil;
          else running.abort.abort();
        }
      }),
    );
  }

  async #measure(): Promise<void> {
    this.#orgIds = await readOrgIdsWithConsumers(this.#parts.reads);
    this.#behindSeconds = await readBehindSeconds(this.#parts.reads);
  }

  #busyHosts(): string[] {
    const hosts = [...this.#running.values()].flatMap(({ claim: { host } }) => (host === null ? [] : [host]));
    return [...new Set(hosts)].filter((host) => hosts.filter((one) => one === host).length >= perHostMax);
  }

  /** The failure is one of the database, so the next poll tries again. */
  async #orWarn(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.warn({ error: String(error) }, 'could not read or update the checkpoints of outlets; the next poll tries again');
    }
  }
}

function isSameConsumer(a: Claim, b: Claim): boolean {
  return a.orgId === b.orgId && a.kind === b.kind && a.recordId === b.recordId;
}
