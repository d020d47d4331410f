import { type Bus, type ReceiptMessage, type ReceiptQuestion, type ReceiptReport, receiptsTopicOf } from '../bus/bus.ts';
import type { Clock } from '../runtime/clock.ts';

/** Ranges and reports per message: at most 13 KB, below the limit of the bus. */
const itemsMax = 100;

export interface ReceiptMessagesDeps {
  readonly bus: Bus;
  readonly clock: Clock;
  /** The id of this instance. */
  readonly self: string;
  receive(message: ReceiptMessage): void;
}

interface Queued {
  readonly questions: ReceiptQuestion[];
  readonly reports: ReceiptReport[];
}

/**
 * Sends questions and reports to single instances. Those of one event-loop turn share a message.
 */
export class ReceiptMessages {
  readonly #deps: ReceiptMessagesDeps;
  readonly #queued = new Map<string, Queued>();

  constructor(deps: ReceiptMessagesDeps) {
    this.#deps = deps;
  }

  ask(instance: string, question: ReceiptQuestion): void {
    this.#queueOf(instance).questions.push(question);
  }

  report(instance: string, report: ReceiptReport): void {
    this.#queueOf(instance).reports.push(report);
  }

  #queueOf(instance: string): Queued {
    const existing = this.#queued.get(instance);
    if (existing) return existing;
    if (this.#queued.size === 0) this.#deps.clock.afterTurn(() => this.#flush());
    const queued = { questions: [], reports: [] };
    this.#queued.set(instance, queued);
    return queued;
  }

  #flush(): void {
    const queued = [...this.#queued];
    this.#queued.clear();
    for (const [instance, { questions, reports }] of queued) {
      for (const part of inParts(questions, ({ ranges }) => ranges.length)) this.#send(instance, { questions: part, reports: [] });
      for (const part of inParts(reports, () => 1)) this.#send(instance, { questions: [], reports: part });
    }
  }

  #send(instance: string, content: Pick<ReceiptMessage, 'questions' | 'reports'>): void {
    const { bus, self, receive } = this.#deps;
    const message = { type: 'receipts', instance: self, ...content } as const;
    // The bus would send the message to Redis too. Without Redis, it would count as lost, and the
    // question is repeated anyway.
    if (instance === self) receive(message);
    else if (bus.status !== 'redis-down') void bus.broadcast(receiptsTopicOf(instance), message);
  }
}

function inParts<Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] {
  const parts: Item[][] = [];
  let size = itemsMax;
  for (const item of items) {
    if (size + sizeOf(item) > itemsMax) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)!.push(item);
    size += sizeOf(item);
  }
  return parts;
}
