import { type Clock, sleep } from '../clock.ts';
import { eventLimits } from '../limits/rows/events.ts';
import type { Log } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import type { SecurityEvent } from './security-event.ts';

/** The rows of many requests become one statement. A killed process loses the rows of this time. */
const delayMs = 1_000;
/** The pause after a failure, for example while the database is unavailable. */
const retryMs = 5_000;
const rowsPerStatementMax = 500;
/** A stop waits no longer for the database. */
const closeMsMax = 3_000;

/** Saves events in the order of their ids. @throws if none of them was saved */
export type SaveEvents = (events: readonly SecurityEvent[]) => Promise<void>;

export interface EventWriterParts {
  readonly save: SaveEvents;
  /** Whether a failure is about the events themselves, so that another try fails too. */
  isPermanent(error: unknown): boolean;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly log: Log;
}

/**
 * Saves events after the requests that cause them, one statement at a time, so that a slow or dead
 * database never slows a request. The events that wait are bounded; failures may take only a part,
 * so that a flood of them displaces no act.
 */
export class EventWriter {
  readonly #parts: EventWriterParts;
  #waiting: SecurityEvent[] = [];
  #failures = 0;
  #running: Promise<boolean> | null = null;
  #cancel: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: EventWriterParts) {
    this.#parts = parts;
  }

  add(event: SecurityEvent): void {
    const isFailure = event.outcome === 'failure';
    const isFull = isFailure
      ? this.#failures >= eventLimits.refusedEventsWaiting.value
      : this.#waiting.length >= eventLimits.eventsWaiting.value;
    if (isFull || this.#isClosed) {
      this.#parts.counters.increment('securityEventsDropped', event.count, isFull ? 'full' : 'stopped');
      return;
    }
    this.#waiting.push(event);
    if (isFailure) this.#failures++;
    this.#later(delayMs);
  }

  /** Saves what waits. A failure is tried again later. Returns whether nothing waits any more. */
  async flush(): Promise<boolean> {
    while (this.#running) await this.#running;
    this.#cancel?.();
    this.#cancel = null;
    this.#running = this.#saveAll();
    const isSaved = await this.#running;
    this.#running = null;
    if (!isSaved) this.#later(retryMs);
    else if (this.#waiting.length > 0) this.#later(delayMs);
    return isSaved && this.#waiting.length === 0;
  }

  /** Saves what waits with one try, and nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.race([this.flush(), sleep(this.#parts.clock, closeMsMax)]);
    const lost = this.#waiting.reduce((sum, { count }) => sum + count, 0);
    if (lost === 0) return;
    this.#parts.counters.increment('securityEventsDropped', lost, 'stopped');
    this.#parts.log.warn({ events: lost }, 'security events are only in the log, because the database did not accept them before the stop');
  }

  #later(ms: number): void {
    if (this.#isClosed || this.#cancel || this.#running) return;
    this.#cancel = this.#parts.clock.after(ms, () => void this.flush());
  }

  async #saveAll(): Promise<boolean> {
    const { save, isPermanent, counters, log } = this.#parts;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, rowsPerStatementMax);
      try {
        await save(batch);
      } catch (error) {
        if (!isPermanent(error)) {
          log.debug({ error: String(error) }, 'could not save security events; they wait for the next try');
          return false;
        }
        counters.increment('securityEventsDropped', batch.length, 'invalid');
        log.error({ error }, 'security events are only in the log, because the database refused them');
      }
      this.#waiting = this.#waiting.slice(batch.length);
      this.#failures -= batch.filter(({ outcome }) => outcome === 'failure').length;
    }
    return true;
  }
}
