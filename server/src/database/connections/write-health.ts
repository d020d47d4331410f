import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Log } from '../../runtime/log.ts';
import type { Db } from '../database.ts';
import { faultOf } from '../translate-error.ts';

/** With no write for so long after one that failed, one of our own finds out whether they work again: a server that is not ready gets none. */
const retryMs = 5_000;

/** Remembers that writes fail, from the first that does until one works again. */
export class WriteHealth {
  readonly #tryWrite: () => Promise<void>;
  readonly #log: Log;
  #problem: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(tryWrite: () => Promise<void>, log: Log) {
    this.#tryWrite = tryWrite;
    this.#log = log;
  }

  /** Why writes fail, or null. */
  get problem(): string | null {
    return this.#problem;
  }

  failed(error: unknown): void {
    const fault = faultOf(error);
    if (!fault?.stopsWrites) return;
    if (this.#problem === null) this.#log.error({ error }, 'the database takes no writes');
    this.#problem = fault.message;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#try(), retryMs).unref();
  }

  /** The pool tells us how it ended: by `succeeded`, or by `failed` with a fault that stops writes. Another failure is tried again. */
  #try(): void {
    this.#timer = setTimeout(() => this.#try(), retryMs).unref();
    this.#tryWrite().catch(() => {});
  }

  succeeded(): void {
    if (this.#problem === null) return;
    this.#log.warn('the database takes writes again');
    this.close();
  }

  close(): void {
    this.#problem = null;
    clearTimeout(this.#timer);
  }
}

/** Long enough, and without repetitions that could be compressed, that the table needs new pages and the log more space. */
const probeBytes = 32 * 1024;

/** A write that harms nothing, for finding out whether writes work. */
export async function tryWrite(db: Db): Promise<void> {
  const value = randomBytes(probeBytes).toString('base64');
  await sql`
    INSERT INTO server_values (name, value) VALUES ('write-probe', ${value})
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`.execute(db);
}
