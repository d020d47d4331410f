import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { type CommittedEntry, type Head, readEntries, readHeads } from '../database/records/read-log.ts';
import { readOrganization } from '../database/records/records-read.ts';
import { historyReplaced, historyReplacedType, type OutletEvent } from '../domain/outlet-events.ts';
import type { Counters } from '../runtime/counters.ts';
import type { Failpoints } from '../runtime/failpoints.ts';
import type { Log } from '../runtime/log.ts';
import { type Claim, enterEpoch, holdClaim, type LoggedDelivery, type Position, type Progress, saveProgress } from './claims.ts';
import type { DeliveryResult, DisableReason, LogConsumer, OpenConsumer } from './log-consumer.ts';
import { nextDelivery } from './next-delivery.ts';
import { retryDelayMs } from './retry-schedule.ts';

/** An entry has some 300 bytes per change, so a page is small unless it contains an import. */
const pageRevisions = 100;
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

/** Everything that a delivery depends on, as it is now. */
interface Present {
  readonly consumer: OpenConsumer;
  readonly head: Head;
  readonly organization: Awaited<ReturnType<typeof readOrganization>> & {};
}

interface Lease {
  /** Aborted when the instance stops, or the claim has passed to another one. */
  readonly signal: AbortSignal;
  /** False once the lease may have ended, for example because the process was frozen. */
  isLeased(): boolean;
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
  readonly #lease: Lease;
  /** As in the database. */
  #position: Position;
  #attempts: number;
  #page: readonly CommittedEntry[] = [];
  readonly #aborted: Promise<null>;

  constructor(parts: RunParts, consumer: LogConsumer, claim: Claim, lease: Lease) {
    this.#parts = parts;
    this.#consumer = consumer;
    this.claim = claim;
    this.#lease = lease;
    this.#position = claim.position;
    this.#attempts = claim.attempts;
    this.#aborted = new Promise((resolve) => lease.signal.addEventListener('abort', () => resolve(null), { once: true }));
  }

  /**
   * Makes at most one delivery. What is visible is decided again for each attempt, with the scopes
   * and the organization of that moment.
   */
  async step(): Promise<Step> {
    const present = await this.#readPresent();
    if (!present) return { pauseMs: closedPauseMs };
    const { consumer, head, organization } = present;
    const { revision } = this.#position;
    const wasReplaced = head.epoch !== this.claim.epoch || revision > head.revision + 1;
    if (wasReplaced) return this.#replaceHistory(present);
    if (revision > head.revision) return done;
    if (revision <= head.floorRevision) return this.#disable('history-pruned');
    if (!this.#page.some((entry) => entry.revision >= revision)) {
      this.#page = await readEntries(this.#parts.db, this.claim.orgId, revision - 1, Math.min(head.revision, revision - 1 + pageRevisions));
    }
    const first = this.#page.find((entry) => entry.revision >= revision);
    // Entries were removed since the head was read. The next claim finds the new floor.
    if (first?.revision !== revision) return done;
    const delivery = nextDelivery(this.#page, this.#position, organization, consumer);
    const last = this.#page.at(-1)!;
    const step = delivery
      ? await this.#deliver(consumer, delivery.events, delivery.at, delivery.next)
      : await this.#save({ to: { revision: last.revision + 1, index: 0 }, delivery: null });
    // After a run, the runner looks for revisions that were added since the head was read.
    return step === 'continue' && this.#position.revision > head.revision ? done : step;
  }

  async #readPresent(): Promise<Present | null> {
    const { db } = this.#parts;
    const [consumer, [head], organization] = await Promise.all([
      this.#consumer.open(this.claim),
      readHeads(db, [this.claim.orgId]),
      readOrganization(db, this.claim.orgId),
    ]);
    return consumer && head && organization ? { consumer, head, organization } : null;
  }

  async #replaceHistory({ consumer, head, organization }: Present): Promise<Step> {
    if (!consumer.wants(historyReplacedType)) return this.#enterEpoch(head);
    const { rows } = await sql<{ now: string }>`SELECT clock_timestamp() AS now`.execute(this.#parts.db);
    const event = historyReplaced(organization, head.epoch, head.revision, rows[0]!.now);
    const step = await this.#deliver(consumer, [event], this.#position, this.#position);
    return step === 'continue' ? this.#enterEpoch(head) : step;
  }

  async #enterEpoch(head: Head): Promise<Step> {
    await enterEpoch(this.#parts.db, this.claim, head.epoch, { revision: head.revision + 1, index: 0 });
    // The claim names the former epoch.
    return done;
  }

  async #deliver(consumer: OpenConsumer, events: readonly OutletEvent[], at: Position, next: Position): Promise<Step> {
    const { failpoints, counters } = this.#parts;
    const isSamePosition = at.revision === this.#position.revision && at.index === this.#position.index;
    const attempt = isSamePosition ? this.#attempts + 1 : 1;
    failpoints.reach('before-outlet-delivery');
    const result = await this.#attempt(consumer, events, attempt);
    // An attempt without a result counts as not made.
    if (result === null) return done;
    failpoints.reach('after-outlet-delivery');
    counters.increment('outletDeliveries', 1, `${this.claim.kind} ${result.outcome}`);
    const { id: eventId } = events[0]!.data;
    const { ms, status, error, response } = result;
    const delivery = { eventId, eventType: events[0]!.type, attempt, ms, status, error, response };
    if (result.outcome === 'delivered' || result.outcome === 'refused') return this.#save({ to: next, delivery });
    return this.#fail(result, delivery, at);
  }

  /** Returns null if the claim ends first. */
  async #attempt(consumer: OpenConsumer, events: readonly OutletEvent[], attempt: number): Promise<DeliveryResult | null> {
    const { signal } = this.#lease;
    if (signal.aborted || !this.#lease.isLeased()) return null;
    const startedAt = performance.now();
    try {
      return await Promise.race([consumer.deliver(events, attempt, signal), this.#aborted]);
    } catch (cause) {
      const { orgId, kind, recordId } = this.claim;
      this.#parts.log.error({ orgId, kind, recordId, error: String(cause) }, 'could not attempt a delivery; it counts as failed');
      const ms = Math.round(performance.now() - startedAt);
      return { outcome: 'failed', status: null, error: 'internal error', response: null, ms };
    }
  }

  async #fail({ outcome, error, retryAfterSeconds = 0 }: DeliveryResult, delivery: LoggedDelivery, at: Position): Promise<Step> {
    const { attempt } = delivery;
    const delayMs = retryDelayMs(this.#parts.retrySeconds, attempt, retryAfterSeconds, Math.random());
    const reason = outcome === 'failed' ? (delayMs === null ? 'failed-too-long' : null) : (outcome as 'gone' | 'unauthorized');
    const failure = { attempts: attempt, error: error ?? outcome, delayMs: reason === null ? delayMs! : disablePauseMs };
    const step = await this.#save({ to: at, delivery, failure });
    if (step !== 'continue') return step;
    return reason === null ? { ...done, retryMs: delayMs! } : this.#disable(reason);
  }

  async #disable(reason: DisableReason): Promise<Step> {
    await this.#consumer.disable(this.claim, reason, (tx) => holdClaim(tx, this.claim));
    this.#parts.counters.increment('outletsDisabled', 1, reason);
    return done;
  }

  async #save(progress: Omit<Progress, 'from'>): Promise<Step> {
    if (!(await saveProgress(this.#parts.db, this.claim, { ...progress, from: this.#position }))) return done;
    this.#position = progress.to;
    this.#attempts = progress.failure?.attempts ?? 0;
    return 'continue';
  }
}
