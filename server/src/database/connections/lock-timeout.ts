import type pg from 'pg';

/**
 * Limits the time that a statement waits for a lock. A connection to PostgreSQL itself gets the
 * setting once. A pooler may give each transaction another connection, so with a pooler the setting
 * is part of each transaction.
 */
export class LockTimeout {
  readonly #ms: number;
  readonly #connectionsWithSetting = new WeakSet<pg.ClientBase>();

  /** @param pool has no connections yet */
  constructor(pool: pg.Pool, ms: number) {
    this.#ms = ms;
    pool.on('connect', (client) => void this.#setOnce(client));
  }

  /** A statement for the beginning of each transaction. Null if the connection has the setting. */
  statementFor(client: pg.ClientBase): string | null {
    return this.#connectionsWithSetting.has(client) ? null : `set local lock_timeout = ${this.#ms}`;
  }

  /**
   * Does nothing if a pooler is in between, because it gives the client an invented process number.
   * Transactions that begin before the response contain the setting too. If this fails, so does the
   * connection.
   */
  async #setOnce(client: pg.ClientBase): Promise<void> {
    const { processID } = client as unknown as { readonly processID: number };
    const text = `SELECT set_config('lock_timeout', $1, false) FROM (SELECT pg_backend_pid() AS pid) AS own WHERE pid = $2`;
    const { rowCount } = await client.query(text, [String(this.#ms), processID]).catch(() => ({ rowCount: 0 }));
    if (rowCount === 1) this.#connectionsWithSetting.add(client);
  }
}
