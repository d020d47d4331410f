import {
  type Bus,
  type EphemeralMessage,
  type ReceiptQuestion,
  type ReceiptReport,
  type RevisionRange,
  receiptsTopicOf,
} from '../bus/bus.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Limits } from '../runtime/limits/limits.ts';
import type { Log } from '../runtime/log.ts';
import { changeCount } from '../runtime/metrics/change-count.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { InstanceRegistry, LiveInstance } from './instance-registry.ts';
import { ReceiptMessages } from './receipt-messages.ts';

/**
 * Revocation receipts: whether every instance has applied a revision, and so ended the
 * subscriptions that the revision ends. The instance that made the revision sends a question to all
 * instances, itself included, and each reports once its feed is at the revision.
 */

/** Messages can be lost, so a request is repeated to the instances that have not reported. */
const repeatMs = 100;

export interface Receipt {
  /** Every live instance reported. */
  readonly isComplete: boolean;
  /** The instances that reported. */
  readonly instances: number;
  /** The instances that did not. At least 1 in an incomplete receipt, even if it is unknown. */
  readonly missing: number;
  /** The subscriptions that the revisions ended, on the instances that reported. */
  readonly ended: number;
  readonly ms: number;
}

export interface ReceiptCall {
  readonly ranges: readonly RevisionRange[];
  readonly waitMs: number;
  /** Waiting calls are limited per owner. */
  readonly owner: string;
  /** Aborts when the caller is gone, or its response takes too much memory. */
  readonly signal: AbortSignal;
}

export interface ReceiptsDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: Limits;
  /** The id of this instance. */
  readonly self: string;
  readonly registry: InstanceRegistry;
  /**
   * The number of subscriptions on this instance that the revisions ended, once all of them are
   * applied. Null if the log can't be read that far yet.
   */
  readEnded(range: RevisionRange): Promise<number | null>;
}

interface Waiting {
  readonly question: ReceiptQuestion;
  readonly owner: string;
  readonly startedAt: number;
  /** Null until they are read. */
  required: readonly LiveInstance[] | null;
  /** The number of ended subscriptions, by the instance that reported it. */
  readonly reports: Map<string, number>;
  finish(): void;
}

export class Receipts {
  readonly #deps: ReceiptsDeps;
  readonly #messages: ReceiptMessages;
  readonly #waiting = new Map<number, Waiting>();
  readonly #waitingOfOwner = new Map<string, number>();
  /** The questions whose revisions are being read, by instance and id. */
  readonly #answering = new Set<string>();
  #listener: AsyncDisposable | null = null;
  #count = 0;
  #isDraining = false;
  #isRepeating = false;

  private constructor(deps: ReceiptsDeps) {
    this.#deps = deps;
    const { bus, clock, self } = deps;
    this.#messages = new ReceiptMessages({ bus, clock, self, receive: (message) => this.#receive(message) });
  }

  static async open(deps: ReceiptsDeps): Promise<Receipts> {
    const receipts = new Receipts(deps);
    receipts.#listener = await deps.bus.onBroadcast(receiptsTopicOf(deps.self), (message) => receipts.#receive(message));
    return receipts;
  }

  /**
   * Waits until every live instance has applied the revisions, which must be committed. Resolves
   * early with an incomplete receipt if the call ends or the server stops. Null if too many
   * calls are waiting already.
   */
  async wait({ ranges, waitMs, owner, signal }: ReceiptCall): Promise<Receipt | null> {
    const { clock, log, metrics, limits } = this.#deps;
    const ofOwner = this.#waitingOfOwner.get(owner) ?? 0;
    if (this.#waiting.size >= limits.receiptsWaiting || ofOwner >= limits.receiptsWaitingPerCaller) {
      metrics.countReceipt('refused');
      return null;
    }
    const id = ++this.#count;
    const startedAt = clock.now();
    const waiting: Waiting = { question: { id, ranges }, owner, startedAt, required: null, reports: new Map(), finish() {} };
    if (!this.#isDraining && !signal.aborted) await this.#untilFinished(waiting, waitMs, signal);
    const receipt = receiptOf(waiting, clock.now());
    metrics.countReceipt(receipt.isComplete ? 'complete' : 'partial');
    if (receipt.isComplete) metrics.observeReceipt(receipt.ms / 1_000);
    else if (!signal.aborted && !this.#isDraining)
      log.warn({ ranges, missing: missingOf(waiting).map(({ name }) => name) }, 'not every instance confirmed a revision in time');
    return { ...receipt, ms: Math.round(receipt.ms) };
  }

  async #untilFinished(waiting: Waiting, waitMs: number, signal: AbortSignal): Promise<void> {
    const finished = new Promise<void>((resolve) => {
      waiting.finish = resolve;
    });
    const finish = () => waiting.finish();
    const cancel = this.#deps.clock.after(waitMs, finish);
    signal.addEventListener('abort', finish);
    this.#add(waiting);
    void this.#ask([waiting]);
    this.#repeatLater();
    await finished;
    cancel();
    signal.removeEventListener('abort', finish);
    this.#remove(waiting);
  }

  /** Ends the waiting of all requests. Later requests don't wait. */
  drain(): void {
    this.#isDraining = true;
    for (const { finish } of this.#waiting.values()) finish();
  }

  async close(): Promise<void> {
    this.drain();
    await this.#listener?.[Symbol.asyncDispose]();
  }

  #add(waiting: Waiting): void {
    this.#waiting.set(waiting.question.id, waiting);
    changeCount(this.#waitingOfOwner, waiting.owner, 1);
  }

  #remove({ question, owner }: Waiting): void {
    this.#waiting.delete(question.id);
    changeCount(this.#waitingOfOwner, owner, -1);
  }

  /**
   * Sends the questions to the instances that have not reported. The list of instances is read
   * after the commits, and an instance registers before it serves a client. So the feeds of an
   * instance that is not listed yet begin after the commits.
   */
  async #ask(asked: readonly Waiting[]): Promise<void> {
    const { registry, log } = this.#deps;
    try {
      const live = await registry.read();
      for (const waiting of asked) {
        if (!this.#waiting.has(waiting.question.id)) continue;
        waiting.required = live;
        for (const { id } of missingOf(waiting)) this.#messages.ask(id, waiting.question);
        finishIfComplete(waiting);
      }
    } catch (error) {
      log.debug({ error: String(error) }, 'could not read the list of live instances');
    }
  }

  #repeatLater(): void {
    if (this.#isRepeating) return;
    this.#isRepeating = true;
    this.#deps.clock.after(repeatMs, async () => {
      const since = this.#deps.clock.now() - repeatMs;
      const due = [...this.#waiting.values()].filter(({ startedAt }) => startedAt <= since);
      if (due.length > 0) await this.#ask(due);
      this.#isRepeating = false;
      if (this.#waiting.size > 0) this.#repeatLater();
    });
  }

  #receive(message: EphemeralMessage): void {
    if (message.type !== 'receipts') return;
    for (const report of message.reports) this.#take(message.instance, report);
    for (const question of message.questions) void this.#answer(message.instance, question);
  }

  /** Ignores reports of instances that are not registered. */
  #take(instance: string, { id, ended }: ReceiptReport): void {
    const waiting = this.#waiting.get(id);
    if (!waiting?.required?.some((live) => live.id === instance)) return;
    waiting.reports.set(instance, ended);
    finishIfComplete(waiting);
  }

  async #answer(asker: string, { id, ranges }: ReceiptQuestion): Promise<void> {
    const key = `${asker} ${id}`;
    // The question was repeated, and the first response is not ready. While the database
    // hangs, each repetition would wait for it too.
    if (this.#answering.has(key)) return;
    this.#answering.add(key);
    try {
      let ended = 0;
      for (const range of ranges) {
        const endedInRange = await this.#deps.readEnded(range);
        // The question will be repeated.
        if (endedInRange === null) return;
        ended += endedInRange;
      }
      this.#messages.report(asker, { id, ended });
    } catch (error) {
      this.#deps.log.debug({ error: String(error) }, 'could not confirm a revision to another instance yet');
    } finally {
      this.#answering.delete(key);
    }
  }
}

function missingOf({ required, reports }: Waiting): readonly LiveInstance[] {
  return (required ?? []).filter(({ id }) => !reports.has(id));
}

function finishIfComplete(waiting: Waiting): void {
  if (waiting.required && missingOf(waiting).length === 0) waiting.finish();
}

function receiptOf(waiting: Waiting, now: number): Receipt {
  const { required, reports, startedAt } = waiting;
  const missing = missingOf(waiting).length;
  const isComplete = required !== null && missing === 0;
  return {
    isComplete,
    instances: reports.size,
    missing: isComplete ? 0 : Math.max(1, missing),
    ended: [...reports.values()].reduce((sum, ended) => sum + ended, 0),
    ms: now - startedAt,
  };
}
