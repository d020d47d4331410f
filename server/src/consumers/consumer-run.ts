import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import type { CommittedEntry, Head } from '../database/records/read-log.ts';
import { historyReplaced, historyReplacedType, type OutletEvent } from '../domain/outlet-events.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import { type Claim, enterEpoch, holdClaim, type Position } from './claims.ts';
import type { HeadReads, Present } from './head-reads.ts';
import type { DeliveryResult, DisableReason, LogConsumer, OpenConsumer } from './log-consumer.ts';
import { type NextDelivery, nextDelivery } from './next-delivery.ts';
import type { ProgressSaves } from './progress-saves.ts';
import { retryDelayMs } from './retry-schedule.ts';
import type { LoggedDelivery, Progress } from './save-progress.ts';

/** A consumer that can't be opened although it is active is tried again after this time. */
const closedPauseMs = 60_000;
/** If the command that disables a consumer fails, the event is tried again after this time. */
const disablePauseMs = 60_000;

export interface RunParts {
  readonly db: Db;
  readonly counters: Counters;
  readonly failpoints: Failpoints;
  readonly log: Log;
  /** The seconds before each further attempt. */
  readonly retrySeconds: readonly number[];
}

/** The parts of a run that the runner provides. */
export interface RunContext {
  readonly headReads: HeadReads;
  readonly progressSaves: ProgressSaves;
  /** Resolves when the next delivery may begin, one run after another. */
  awaitPace(): Promise<void>;
  /** Aborted when the instance stops, or the claim has passed to another one. */
  readonly signal: AbortSignal;
  /** False once the lease may have ended, for example because the process was frozen. */
  isLeased(): boolean;
  /** The time after which a delivery is slow. */
  readonly slowMs: number;
  /** Called during a slow delivery. */
  markSlow(): void;
}

/**
 * The outcome of a step: take the next one, or end the run and pause for some time. `retryMs` is
 * the time until the event that failed is due again.
 */
export type Step = 'continue' | { readonly pauseMs: number; readonly retryMs?: number };

const done = { pauseMs: 0 } as const;

/** The deliveries of one claimed consumer, one after another. */
export class ConsumerRun {
  readonly claim: Claim;
  readonly #parts: RunParts;
  readonly #consumer: LogConsumer;
  readonly #context: RunContext;
  /** The position of the consumer, as it is in the database. */
  #position: Position;
  /** Every statement of the claim returns the head, so it needs no statement of its own. */
  #head: Head;
  #isReleased = false;
  #attempts: number;
  #page: readonly CommittedEntry[] = [];
  readonly #aborted: Promise<null>;

  constructor(parts: RunParts, consumer: LogConsumer, claim: Claim, context: RunContext) {
    this.#parts = parts;
    this.#consumer = consumer;
    this.claim = claim;
    this.#context = context;
    this.#position = claim.position;
    this.#head = claim.head;
    this.#attempts = claim.attempts;
    this.#aborted = new Promise((resolve) => context.signal.addEventListener('abort', () => resolve(null), { once: true }));
  }

  /** Whether the claim ended with the last delivery. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /**
   * Makes at most one delivery. What is visible is decided again for each attempt, with the scopes
   * and the organization of that moment.
   */
  async step(): Promise<Step> {
    const [head, { headReads }, { recordId }] = [this.#head, this.#context, this.claim];
    const present = await headReads.readPresent(head, this.#consumer, recordId);
    if (!present) return { pauseMs: closedPauseMs };
    const { consumer, organization } = present;
    const { revision } = this.#position;
    const wasReplaced = head.epoch !== this.claim.epoch || revision > head.revision + 1;
    if (wasReplaced) return this.#replaceHistory(present, head);
    if (revision > head.revision) return done;
    if (revision <= head.floorRevision) return this.#disable('history-pruned');
    if (!this.#page.some((entry) => entry.revision >= revision)) this.#page = await headReads.readPage(head, revision);
    const first = this.#page.find((entry) => entry.revision >= revision);
    // Entries were removed since the head was read. The next claim finds the new floor.
    if (first?.revision !== revision) return done;
    await this.#context.awaitPace();
    const delivery = nextDelivery(this.#page, this.#position, organization, consumer);
    if (delivery) return this.#deliver(consumer, delivery);
    return this.#save({ to: { revision: this.#page.at(-1)!.revision + 1, index: 0 }, delivery: null });
  }

  async #replaceHistory({ consumer, organization }: Present, head: Head): Promise<Step> {
    if (!consumer.wants(historyReplacedType)) return this.#enterEpoch(head);
    const { rows } = await sql<{ now: string }>`SELECT clock_timestamp() AS now`.execute(this.#parts.db);
    const event = historyReplaced(organization, head.epoch, head.revision, rows[0]!.now);
    const step = await this.#deliver(consumer, { events: [event], at: this.#position, next: this.#position }, true);
    return step === 'continue' ? this.#enterEpoch(head) : step;
  }

  async #enterEpoch(head: Head): Promise<Step> {
    await enterEpoch(this.#parts.db, this.claim, this.#position, head.epoch, { revision: head.revision + 1, index: 0 });
    // The claim names the former epoch, so this run ends.
    return done;
  }

  /** @param keepsClaim the claim is still needed after a delivery that succeeds */
  async #deliver(consumer: OpenConsumer, { events, at, next }: NextDelivery, keepsClaim = false): Promise<Step> {
    const { failpoints, counters } = this.#parts;
    const isSamePosition = at.revision === this.#position.revision && at.index === this.#position.index;
    const attempt = isSamePosition ? this.#attempts + 1 : 1;
    failpoints.reach('before-outlet-delivery');
    const result = await this.#attempt(consumer, events, attempt);
    // An attempt without a result is not counted and not logged.
    if (result === null) return done;
    failpoints.reach('after-outlet-delivery');
    counters.increment('outletDeliveries', 1, `${this.claim.kind} ${result.outcome}`);
    const { id: eventId } = events[0]!.data;
    const { ms, status, error, response } = result;
    const delivery = { eventId, eventType: events[0]!.type, attempt, ms, status, error, response };
    if (result.outcome === 'delivered' || result.outcome === 'refused') return this.#save({ to: next, delivery, keepsClaim });
    return this.#fail(result, delivery, at);
  }

  /** Returns null if the claim ends first. */
  async #attempt(consumer: OpenConsumer, events: readonly OutletEvent[], attempt: number): Promise<DeliveryResult | null> {
    const { signal } = this.#context;
    if (signal.aborted || !this.#context.isLeased()) return null;
    const startedAt = performance.now();
    const slow = setTimeout(() => this.#context.markSlow(), this.#context.slowMs);
    try {
      return await Promise.race([consumer.deliver(events, attempt, signal), this.#aborted]);
    } catch (cause) {
      const { orgId, kind, recordId } = this.claim;
      this.#parts.log.error({ orgId, kind, recordId, error: String(cause) }, 'could not attempt a delivery; it counts as failed');
      const ms = Math.round(performance.now() - startedAt);
      return { outcome: 'failed', status: null, error: 'internal error', response: null, ms };
    } finally {
      clearTimeout(slow);
    }
  }

  async #fail({ outcome, error, retryAfterSeconds = 0 }: DeliveryResult, delivery: LoggedDelivery, at: Position): Promise<Step> {
    const { attempt } = delivery;
    const delayMs = retryDelayMs(this.#parts.retrySeconds, attempt, retryAfterSeconds, Math.random());
    const reason = outcome === 'failed' ? (delayMs === null ? 'failed-too-long' : null) : (outcome as 'gone' | 'unauthorized');
    const failure = { attempts: attempt, error: error ?? outcome, delayMs: reason === null ? delayMs! : disablePauseMs };
    const step = await this.#save({ to: at, delivery, failure, keepsClaim: reason !== null });
    if (reason === null) return { ...done, retryMs: delayMs! };
    return step === 'continue' ? this.#disable(reason) : step;
  }

  async #disable(reason: DisableReason): Promise<Step> {
    await this.#consumer.disable(this.claim, reason, (tx) => holdClaim(tx, this.claim));
    this.#parts.counters.increment('outletsDisabled', 1, reason);
    return done;
  }

  async #save(progress: Omit<Progress, 'from'>): Promise<Step> {
    const saved = await this.#context.progressSaves.save(this.claim, { ...progress, from: this.#position });
    if (!saved) return done;
    this.#position = progress.to;
    this.#attempts = progress.failure?.attempts ?? 0;
    this.#head = saved.head;
    this.#isReleased = saved.isReleased;
    return saved.isReleased ? done : 'continue';
  }
}
