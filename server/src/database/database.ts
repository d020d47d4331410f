import type { Kysely, Transaction } from 'kysely';
import type { Distrust } from './installation/faults.ts';
import type { SealReading } from './installation/seal-reading.ts';
import type { Schema } from './schema.ts';

/**
 * The database for reads, inside or outside a transaction. Only the write path opens writing
 * transactions.
 */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

export interface PoolUse {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** A separate connection for migrations, without the time limits of requests. */
export interface MigrationConnection {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * Whether this process may use what the database contains, and what it lacks. It must not while the
 * database is being restored, or is that of another installation. Everything then fails like in an
 * outage (rule R12), so no access ends, and all continues afterwards. See docs/adr/0048.
 */
export interface Trust {
  /** The reason why the database is not trusted. Null while it is. */
  readonly distrust: Distrust | null;
  /**
   * Remembers the installation, and waits until its database is trusted.
   * @throws TrustWaitStoppedError if the signal aborts first
   */
  begin(signal: AbortSignal): Promise<void>;
  /**
   * Checks the seal that a statement has read beside its own result.
   * @throws UntrustedDatabaseError
   */
  assert(reading: SealReading): void;
  /** Reads at one instant at which the database is trusted. */
  read<T>(db: Db, read: (tx: Db) => Promise<T>): Promise<T>;
  /** As `read`, and returns the seal too. */
  readWithSeal<T>(db: Db, read: (tx: Db) => Promise<T>): Promise<{ readonly result: T; readonly reading: SealReading }>;
  /**
   * Looks at the seal now. Call it before a refusal that clients take as final.
   * @throws UntrustedDatabaseError
   */
  confirm(): Promise<void>;
}

/**
 * A PostgreSQL database, embedded or on a server. Both adapters use `pg`, so types, error codes and
 * isolation are the same. Statements of one transaction run in order. A lost connection rejects the
 * statements in progress.
 */
export interface Database {
  readonly kind: 'pglite' | 'postgresql';
  readonly db: Db;
  /**
   * The same database, for reads. On a server they have separate connections, so that feeds, pings
   * and handshakes never wait for commands that wait for each other.
   */
  readonly reads: Db;
  /**
   * The same database, for the lookups of one or two rows at the start of each request. Lookups of
   * about the same time are sent together over one connection and wait for each other, so
   * transactions are not allowed.
   */
  readonly lookups: Db;
  /** The same database, for readiness probes. On a server they have a separate connection. */
  readonly probes: Db;
  /**
   * Whether the database may be used. While it may not, `db`, `reads` and `lookups` refuse all
   * statements. Enforced once the server has begun it.
   */
  readonly trust: Trust;
  /** The reason why the latest writes failed. Null while writes work. */
  readonly writes: { readonly problem: string | null };
  /**
   * Resolves if the embedded database ends before it is closed. Never resolves for a server, which
   * may come back.
   */
  readonly lost: Promise<void>;
  connectToMigrate(): MigrationConnection;
  /**
   * Returns why the database cannot be used although it responds, as a message for the operator.
   * Null if it can be used.
   */
  findSetupProblem(): Promise<string | null>;
  /** The current number of open connections, of idle ones, and of callers that wait for one. */
  pool(): PoolUse;
  /** Whether callers wait for a connection of `db`. */
  isExhausted(): boolean;
  /** Closes all connections when the statements in progress have ended. */
  close(): Promise<void>;
}
