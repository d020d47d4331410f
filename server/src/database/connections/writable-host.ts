import pg from 'pg';
import { isDatabaseGone } from '../translate-error.ts';

const selectReadOnly = `SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "isReadOnly"`;

/** How long each host has to answer while the writable one is looked for. */
const searchTimeoutMs = 3_000;

/** A host that was connected to takes no writes. The code is `cannot_connect_now`: another host may be found. */
class ReadOnlyHostError extends Error {
  override readonly name = 'ReadOnlyHostError';
  readonly code = '57P03';

  constructor() {
    super('The database host takes no writes.');
  }
}

/** Which of several hosts takes writes. New connections go to it; when it no longer does, the others are asked. */
export class WritableHost {
  readonly #urls: readonly string[];
  #current: string;
  #isSearching = false;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
    this.#current = urls[0]!;
  }

  /** The host that takes writes, as far as it is known. */
  get url(): string {
    return this.#current;
  }

  /** Options of a pool whose connections are all to a host that takes writes. */
  poolOptions(): pg.PoolConfig {
    const host = this;
    const Client = class extends pg.Client {
      constructor(config: pg.ClientConfig) {
        super({ ...config, connectionString: host.url });
      }
    };
    const verify = (client: pg.ClientBase, done: (error?: Error) => void) => {
      client.query(selectReadOnly).then(
        ({ rows }) => done(rows[0].isReadOnly ? new ReadOnlyHostError() : undefined),
        (error: Error) => done(error),
      );
    };
    // pg's types know neither `verify` nor that a pool hands its options to `Client`.
    return { Client, verify } as unknown as pg.PoolConfig;
  }

  /** To be called with what connecting or a statement failed with. */
  failed(error: unknown): void {
    const isReadOnly = (error as { code?: unknown } | null)?.code === '25006';
    if ((isReadOnly || isDatabaseGone(error)) && !this.#isSearching) void this.#search();
  }

  /** All at once: one that is gone may take seconds to be known as such. Without a find the next failure searches again. */
  async #search(): Promise<void> {
    this.#isSearching = true;
    const found = await Promise.any(this.#urls.map(async (url) => ((await isWritable(url)) ? url : Promise.reject(url)))).catch(() => null);
    this.#current = found ?? this.#current;
    this.#isSearching = false;
  }
}

async function isWritable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: searchTimeoutMs, query_timeout: searchTimeoutMs });
  // It may be lost between two statements too.
  client.on('error', () => {});
  try {
    await client.connect();
    return !(await client.query(selectReadOnly)).rows[0].isReadOnly;
  } finally {
    await client.end().catch(() => {});
  }
}
