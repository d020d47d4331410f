import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import { ExpiringMap } from '../runtime/collections/expiring-map.ts';
import type { Log } from '../runtime/log.ts';
import { startSweep } from '../runtime/tasks/start-sweep.ts';
import type { Db } from './database.ts';
import { failsAnyStatement } from './translate-error.ts';

/**
 * The interval of the poll. It finds work that another process left or that has become due. A
 * process begins work of its own at once.
 */
export const duePollMs = 1_000;

/** The same failure is logged once in this time. An outage would otherwise fill the log. */
const repeatedLineMs = 60_000;

/** One kind of work that is stored in the database until it is due. */
export interface DueWork {
  /**
   * Whether any is due now. Its parameters do not change, and it costs little if nothing is due.
   */
  readonly isDue: RawBuilder<boolean>;
  /**
   * Called at each poll, but never twice at a time. It must not reject.
   * @param isDue also true if that could not be read
   */
  poll(isDue: boolean): Promise<void>;
}

interface PolledWork {
  readonly work: DueWork;
  underWay: Promise<void> | null;
}

/**
 * Looks for due work of all kinds with one statement. With a statement for each kind, idle
 * instances would use half as much CPU time again. `npm run bench:many` measures idle instances.
 */
export class DuePolls {
  readonly #db: Db;
  readonly #log: Log;
  readonly #intervalMs: number;
  #polled: readonly PolledWork[] = [];
  /** Null if the kinds of work have changed since it was compiled. */
  #statement: CompiledQuery<{ due: boolean[] }> | null = null;
  #sweep: AsyncDisposable | null = null;
  readonly #logged = new ExpiringMap<true>();

  /** @param db for reads */
  constructor(db: Db, log: Log, intervalMs = duePollMs) {
    this.#db = db;
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  /** Begins to poll, at once and then at each interval. */
  start(): void {
    this.#sweep = startSweep(this.#intervalMs, () => this.#poll());
  }

  async stop(): Promise<void> {
    await this.#sweep?.[Symbol.asyncDispose]();
  }

  /** Adds a kind of work. Dispose the result to remove it, after its poll in progress. */
  add(work: DueWork): AsyncDisposable {
    const added: PolledWork = { work, underWay: null };
    this.#replace([...this.#polled, added]);
    return {
      [Symbol.asyncDispose]: async () => {
        this.#replace(this.#polled.filter((polled) => polled !== added));
        await added.underWay;
      },
    };
  }

  #replace(polled: readonly PolledWork[]): void {
    this.#polled = polled;
    this.#statement = null;
  }

  async #poll(): Promise<void> {
    const polled = this.#polled;
    if (polled.length === 0) return;
    const due = await this.#read(polled);
    if (due === null) return;
    for (const [index, one] of polled.entries()) {
      if (!this.#polled.includes(one)) continue;
      one.underWay ??= one.work.poll(due[index]!).finally(() => {
        one.underWay = null;
      });
    }
  }

  #warn(error: string): void {
    if (this.#logged.get(error)) return;
    this.#logged.set(error, true, repeatedLineMs);
    this.#log.warn({ error }, 'could not check for mails, deliveries and other work that is due; each poll tries again');
  }

  /** Null if the database is gone, or not trusted. */
  async #read(polled: readonly PolledWork[]): Promise<readonly boolean[] | null> {
    this.#statement ??= sql<{ due: boolean[] }>`SELECT ARRAY[${sql.join(polled.map(({ work }) => work.isDue))}] AS due`.compile(this.#db);
    try {
      const { rows } = await this.#db.executeQuery(this.#statement);
      return rows[0]!.due;
    } catch (error) {
      this.#warn(String(error));
      if (failsAnyStatement(error)) return null;
      // For example, the table of one kind is locked. Each kind then looks for its own work.
      return polled.map(() => true);
    }
  }
}
