import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../database/database.ts';
import { type DuePolls, duePollMs } from '../database/due-polls.ts';
import { systemClock, yieldToLoop } from '../runtime/clock.ts';
import { startSweep } from '../runtime/tasks/start-sweep.ts';
import { type Claim, claimConsumers, isConsumerDue, releaseClaim, renewClaims } from './claims.ts';
import { ConsumerRun, type RunParts, type Step } from './consumer-run.ts';
import { DeliveryPace } from './delivery-pace.ts';
import { DeliverySlots, type Speed } from './delivery-slots.ts';
import { HeadReads } from './head-reads.ts';
import { disableReasons, type LogConsumer } from './log-consumer.ts';
import { readBehindSeconds, readOrgIdsWithConsumers } from './measure-consumers.ts';
import { ProgressSaves } from './progress-saves.ts';

export const runnerTimes = {
  /**
   * The delay after a commit. Subscribers get the commit first, and its consumers are claimed
   * together.
   */
  wakeMs: 20,
  /** The time after which another instance takes over the consumers of a dead one. */
  leaseMs: 30_000,
  renewMs: 10_000,
  /** The time after which a consumer with many undelivered events releases its slot to others. */
  slotMs: 5_000,
  /**
   * The time after which a delivery is slow. A receiver that only stores the event responds within
   * some 100 ms.
   */
  slowMs: 2_000,
  /** The time that deliveries in progress have to end when the process stops. */
  stopMsMax: 4_000,
  /**
   * The interval at which the age of the oldest event is measured. It is a metric, so it need not
   * be exact. A poll finds an organization that has a consumer since the last measurement.
   */
  measureMs: 15_000,
} as const;

export interface RunnerParts extends RunParts {
  /** The database for queries that need not wait for commands. */
  readonly reads: Db;
  /** Finds consumers whose retry is due and those whose instance died. */
  readonly duePolls: DuePolls;
  /** @internal For tests. */
  readonly times?: Partial<Record<keyof typeof runnerTimes, number>>;
}

interface Running {
  readonly claim: Claim;
  /** The end of the lease on this process's clock. A frozen process may find that it has passed. */
  leasedUntil: number;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
  /** The log has grown during the run. */
  isWoken: boolean;
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
  readonly #slots = new DeliverySlots();
  readonly #timers: AsyncDisposable[] = [];
  readonly #headReads: HeadReads;
  readonly #progressSaves: ProgressSaves;
  /** Organizations whose log has grown. */
  #woken = new Set<string>();
  #wakeTimer: NodeJS.Timeout | null = null;
  #isPolled = false;
  /**
   * The organizations with an active consumer, so that a commit in another one costs no query. Null
   * until they were read.
   */
  #orgIds: Set<string> | null = null;
  #consumers: ReadonlyMap<string, LogConsumer> = new Map();
  #pace!: DeliveryPace;
  #isStarted = false;
  #claiming: Promise<void> | null = null;
  #behindSeconds = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#times = { ...runnerTimes, ...parts.times };
    this.#headReads = new HeadReads(parts.db);
    this.#progressSaves = new ProgressSaves(parts.db, () => this.#running.size);
    parts.counters.startAtZero('outletsDisabled', disableReasons);
  }

  /** The age of the oldest undelivered revision at the last measurement. */
  get behindSeconds(): number {
    return this.#behindSeconds;
  }

  /**
   * @param lastAdvancedAt when a feed of this process last advanced, on the clock of `performance`
   */
  start(consumers: readonly LogConsumer[], lastAdvancedAt: () => number): void {
    this.#pace = new DeliveryPace(systemClock, lastAdvancedAt);
    this.#consumers = new Map(consumers.map((consumer) => [consumer.kind, consumer]));
    this.#isStarted = true;
    const { renewMs, measureMs } = this.#times;
    this.#timers.push(
      this.#parts.duePolls.add({
        isDue: isConsumerDue,
        poll: async (isDue) => {
          if (isDue) this.#poll();
        },
      }),
      startSweep(renewMs, () => this.#renew()),
      startSweep(measureMs, () => this.#orWarn(this.#measure())),
    );
  }

  /** Triggers deliveries of an organization whose log has grown. Returns at once. */
  wake(orgId: string): void {
    if (this.#orgIds && !this.#orgIds.has(orgId)) return;
    this.#woken.add(orgId);
    for (const running of this.#running.values()) if (running.claim.orgId === orgId) running.isWoken = true;
    this.#wakeTimer ??= setTimeout(() => {
      this.#wakeTimer = null;
      this.#claimSoon();
    }, this.#times.wakeMs).unref();
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
    if (this.#shouldClaim()) this.#claiming ??= this.#claimWhileWoken();
  }

  #shouldClaim(): boolean {
    return this.#isStarted && (this.#isPolled || this.#woken.size > 0);
  }

  async #claimWhileWoken(): Promise<void> {
    while (this.#shouldClaim()) {
      // Runs that end in the same tick are replaced by one query.
      await yieldToLoop(systemClock);
      const orgIds = this.#isPolled ? null : [...this.#woken];
      this.#isPolled = false;
      this.#woken = new Set();
      await this.#orWarn(this.#claim(orgIds));
    }
    this.#claiming = null;
  }

  /** Claims as many consumers as can be served now. Each one that ends triggers the next claim. */
  async #claim(orgIds: readonly string[] | null): Promise<void> {
    let mayFindMore = true;
    while (mayFindMore) {
      mayFindMore = false;
      // Slow organizations first: they get only a part of the slots, and the others get the rest.
      for (const speed of ['slow', 'ordinary'] as const) if (await this.#claimOf(speed, orgIds)) mayFindMore = true;
    }
    // The consumers of an organization are often claimed in several parts. So this is not done when
    // a run ends.
    this.#headReads.releaseExcept(new Set(this.#claims().map(({ orgId }) => orgId)));
  }

  /** Returns whether it claimed as many as it could take. */
  async #claimOf(speed: Speed, orgIds: readonly string[] | null): Promise<boolean> {
    const filter = this.#slots.filterOf(speed, this.#claims(), orgIds);
    if (!filter || !this.#isStarted) return false;
    const leasedUntil = performance.now() + this.#times.leaseMs;
    const claims = await claimConsumers(this.#parts.db, this.#times.leaseMs, { kinds: [...this.#consumers.keys()], ...filter });
    for (const claim of claims) {
      this.#orgIds?.add(claim.orgId);
      // The lease of the same consumer has ended here, for example while the process was frozen.
      for (const other of this.#running.values()) if (isSameConsumer(other.claim, claim)) await this.#end(other);
      const running = { claim, leasedUntil, abort: new AbortController(), ended: Promise.resolve(), isWoken: false };
      this.#running.set(claim.lease, running);
      running.ended = this.#run(running);
    }
    return claims.length === filter.limit;
  }

  async #run(running: Running): Promise<void> {
    const { db, log } = this.#parts;
    const { claim, abort } = running;
    const { orgId, kind, recordId, lease } = claim;
    const isLeased = () => performance.now() < running.leasedUntil;
    let slotEndsAt = performance.now() + this.#times.slotMs;
    const context = {
      headReads: this.#headReads,
      progressSaves: this.#progressSaves,
      awaitPace: () => this.#pace.next(),
      signal: abort.signal,
      isLeased,
      slowMs: this.#times.slowMs,
      markSlow: () => {
        this.#slots.markSlow(orgId);
        // The next delivery needs a slot of those that slow organizations may take.
        slotEndsAt = 0;
      },
    };
    const run = new ConsumerRun(this.#parts, this.#consumers.get(kind)!, claim, context);
    let pauseMs = 0;
    let retryMs: number | undefined;
    try {
      let step: Step = 'continue';
      while (step === 'continue' && this.#isStarted && isLeased() && !abort.signal.aborted && performance.now() < slotEndsAt) {
        step = await run.step();
      }
      if (step !== 'continue') ({ pauseMs, retryMs } = step);
    } catch (error) {
      pauseMs = duePollMs;
      log.warn(
        { orgId, kind, recordId, error: String(error) },
        'could not deliver events to a webhook or an integration; the next attempt follows after a pause',
      );
    }
    if (!run.isReleased) await this.#orWarn(releaseClaim(db, claim, pauseMs));
    // If the wait is longer, a poll finds the consumer.
    if (retryMs !== undefined && retryMs < duePollMs) setTimeout(() => this.#poll(), retryMs).unref();
    const isOtherWaiting = this.#slots.isAwaited(claim, this.#claims());
    this.#running.delete(lease);
    if (isOtherWaiting) this.#poll();
    // A claim that ended with the last delivery found that nothing was left. While consumers are
    // being claimed, this one counts as busy, so others of its organization may have been left out.
    else if (running.isWoken || !run.isReleased || this.#claiming !== null) this.wake(orgId);
  }

  async #end({ abort, ended }: Running): Promise<void> {
    abort.abort();
    await ended;
  }

  /** Ends the runs whose claim another instance may have. */
  async #renew(): Promise<void> {
    const claims = this.#claims();
    if (claims.length === 0) return;
    const leasedUntil = performance.now() + this.#times.leaseMs;
    await this.#orWarn(
      renewClaims(this.#parts.db, claims, this.#times.leaseMs).then((renewed) => {
        for (const { lease } of claims) {
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

  #claims(): Claim[] {
    return [...this.#running.values()].map(({ claim }) => claim);
  }

  /** Only the database can fail here, so the next poll tries again. */
  async #orWarn(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#parts.log.warn(
        { error: String(error) },
        'could not read or update the checkpoints of webhooks and integrations; the next poll tries again',
      );
    }
  }
}

function isSameConsumer(a: Claim, b: Claim): boolean {
  return a.orgId === b.orgId && a.kind === b.kind && a.recordId === b.recordId;
}
