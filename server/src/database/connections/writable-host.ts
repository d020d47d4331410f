import pg from 'pg';
import { isDatabaseGone } from '../translate-error.ts';

const selectReadOnly = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`;

/** The time that a host has to respond whether it is writable. */
const responseTimeoutMs = 3_000;

/**
 * The connected host accepts no writes. The code is `cannot_connect_now`, because another host may
 * be found.
 */
class ReadOnlyHostError extends Error {
  override readonly name = 'ReadOnlyHostError';
  readonly code = '57P03';

  constructor() {
    super('The database host does not accept writes.');
  }
}

/**
 * Knows which of several hosts accepts writes. New connections go to this host. When it stops
 * accepting writes, all hosts are checked.
 */
export class WritableHost {
  readonly #urls: readonly string[];
  #current: string;
  #isSearching = false;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
    this.#current = urls[0]!;
  }

  /** The host that accepts writes, as far as is known. */
  get url(): string {
    return this.#current;
  }

  /** A client that connects to the host that accepts writes. */
  clientClass(): typeof pg.Client {
    const host = this;
    return class extends pg.Client {
      constructor(config: pg.ClientConfig) {
        super({ ...config, connectionString: host.url });
      }
    } as typeof pg.Client;
  }

  /** Call this with the error of a connection attempt or a statement. */
  failed(error: unknown): void {
    const isReadOnly = (error as { code?: unknown } | null)?.code === '25006';
    if ((isReadOnly || isDatabaseGone(error)) && !this.#isSearching) void this.#search();
  }

  /**
   * Checks all hosts at once, because it may take seconds to detect that a host is gone. If no host
   * is found, the next failure searches again.
   */
  async #search(): Promise<void> {
    this.#isSearching = true;
    const found = await Promise.any(this.#urls.map(async (url) => ((await isWritable(url)) ? url : Promise.reject(url)))).catch(() => null);
    this.#current = found ?? this.#current;
    this.#isSearching = false;
  }
}

/** @throws ReadOnlyHostError if the connection's host accepts no writes */
export async function checkHost(client: pg.ClientBase): Promise<void> {
  // pg-pool waits for this without a time limit, and pg's types have no limit of one query.
  const query = { text: selectReadOnly, query_timeout: responseTimeoutMs };
  const { rows } = await client.query<{ isReadOnly: boolean }>(query as pg.QueryConfig);
  if (rows[0]!.isReadOnly) throw new ReadOnlyHostError();
}

async function isWritable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: responseTimeoutMs, query_timeout: responseTimeoutMs });
  // The connection may also be lost between two statements.
  client.on('error', () => {});
  try {
    await client.connect();
    return !(await client.query(selectReadOnly)).rows[0].isReadOnly;
  } finally {
    await client.end().catch(() => {});
  }
}
