import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** Reads, in or outside a transaction. Only the write path opens writing transactions. */
export type Db = Kysely<Schema>;
export type Tx = Transaction<Schema>;

export interface PoolUse {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** A connection of its own for migrations, without the limits on time that requests have. */
export interface MigrationConnection {
  readonly db: Db;
  close(): Promise<void>;
}

/**
 * A PostgreSQL, embedded or a server. Both adapters speak through `pg`, so types, error codes and isolation are the
 * same. Statements inside one transaction run in order; a lost connection rejects what was under way.
 */
export interface Database {
  readonly kind: 'pglite' | 'postgresql';
  readonly db: Db;
  /**
   * The same, for reading: where it is a server, over connections of their own, so that feeds, pings and handshakes never
   * wait behind commands that wait for each other.
   */
  readonly reads: Db;
  /**
   * The same, for the look-ups of a row or two that each request begins with. What requests ask for at about the same time
   * is sent together, over one connection, and waits for each other: no transactions.
   */
  readonly lookups: Db;
  /** The same, for readiness probes: where it is a server, over one connection of their own. */
  readonly probes: Db;
  /** Why writes fail, as the latest of them showed; null when they work. */
  readonly writes: { readonly problem: string | null };
  connectToMigrate(): MigrationConnection;
  /** What keeps a database that answers from being used, for whoever set it up; null when nothing does. */
  findSetupProblem(): Promise<string | null>;
  /** Connections as they are now: open, of these without work, and callers that wait for one. */
  pool(): PoolUse;
  /** Ends all connections, after what is under way. */
  close(): Promise<void>;
}
