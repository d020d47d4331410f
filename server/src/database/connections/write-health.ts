import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { Log } from '../../runtime/log.ts';
import type { Db } from '../database.ts';
import { faultOf } from '../translate-error.ts';

/**
 * After a failed write, a probe write runs when there was no other write for this time. A server
 * that is not ready receives no writes, so only the probe can find out that they work again.
 */
const retryMs = 5_000;

/** Remembers that writes fail, from the first failure until a write succeeds. */
export class WriteHealth {
  readonly #tryWrite: () => Promise<void>;
  readonly #log: Log;
  #problem: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(tryWrite: () => Promise<void>, log: Log) {
    this.#tryWrite = tryWrite;
    this.#log = log;
  }

  /** The reason why writes fail, or null. */
  get problem(): string | null {
    return this.#problem;
  }

  failed(error: unknown): void {
    const fault = faultOf(error);
    if (!fault?.stopsWrites) return;
    if (this.#problem === null) this.#log.error({ error }, 'the database does not accept writes; requests that write get status 503');
    this.#problem = fault.message;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#try(), retryMs).unref();
  }

  /**
   * The pool reports the result: `succeeded`, or `failed` with a fault that stops writes. After any
   * other failure, the timer tries again.
   */
  #try(): void {
    this.#timer = setTimeout(() => this.#try(), retryMs).unref();
    this.#tryWrite().catch(() => {});
  }

  succeeded(): void {
    if (this.#problem === null) return;
    this.#log.warn('the database accepts writes again');
    this.close();
  }

  close(): void {
    this.#problem = null;
    clearTimeout(this.#timer);
  }
}

/**
 * Long enough that the table needs new pages and the log more space. The bytes are random, so that
 * compression does not shrink them.
 */
const probeBytes = 32 * 1024;

/** Makes a harmless write to find out whether writes work. */
export async function tryWrite(db: Db): Promise<void> {
  const value = randomBytes(probeBytes).toString('base64');
  await sql`
    INSERT INTO server_values (name, value) VALUES ('write-probe', ${value})
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`.execute(db);
}
