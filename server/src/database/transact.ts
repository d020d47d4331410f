import { CompiledQuery, type DatabaseConnection, DummyDriver, PostgresDialect, type QueryExecutor, Transaction } from 'kysely';
import type { Database, Db, Tx } from './database.ts';
import type { Schema } from './schema.ts';
import { isBehindFailure } from './translate-error.ts';

/**
 * Runs `work` in a transaction whose statements are pipelined: each is sent when it is made, in
 * that order, without waiting for earlier results. PostgreSQL still executes them one after the
 * other, each on what is committed when it starts. A statement behind a lock therefore sees
 * everything that was committed before the lock was acquired. COMMIT is sent behind the last
 * statement.
 *
 * Statements that `work` has made but not awaited when it resolves are part of the transaction. If
 * one of them fails, nothing is committed, and this rejects with that failure. A statement that is
 * made later is refused.
 */
export function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return provideConnection(db, (connection) => transactOn(db, connection, begin, work));
}

/** Reads in a pipelined transaction in which all statements see the same snapshot. */
export function readAtOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return provideConnection(db, (connection) => transactOn(db, connection, beginReading, read));
}

function provideConnection<T>(db: Db, use: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
  if (db.isTransaction) throw new Error('A transaction cannot begin in another one.');
  return db.getExecutor().provideConnection(use);
}

/**
 * A connection for transactions that run one after the other, each of which is sent behind the
 * COMMIT of the one before, without waiting for its result. One send then carries the end of a
 * transaction and the beginning of the next, and no transaction waits for a lock of the one before.
 */
export class TransactionChain {
  /** The connection whose last transaction has sent its COMMIT, and has no result yet. */
  #link: Link | null = null;

  /**
   * Runs a transaction as `transact` does. It uses the connection of the one before, if its COMMIT
   * has been sent and has no result yet. If others wait for a connection, it waits behind them.
   * Otherwise, as many busy organizations as there are connections would keep all of them.
   * @param onCommitSent called when the next transaction may be sent
   */
  async transact<T>(database: Database, work: (tx: Tx) => Promise<T>, onCommitSent: () => void): Promise<T> {
    const { db } = database;
    const last = this.#link;
    this.#link = null;
    const link = last !== null && !database.isExhausted() ? last : await takeConnection(db);
    link.pending++;
    try {
      return await transactOn(db, link.connection, begin, work, () => {
        this.#link = link;
        onCommitSent();
      });
    } finally {
      if (--link.pending === 0) {
        if (this.#link === link) this.#link = null;
        link.release();
      }
    }
  }
}

/** A connection, and the transactions of the chain on it. */
interface Link {
  readonly connection: DatabaseConnection;
  /** Transactions without a result. The last one releases the connection. */
  pending: number;
  release(): void;
}

function takeConnection(db: Db): Promise<Link> {
  return new Promise((resolve, reject) => {
    const use = (connection: DatabaseConnection) => new Promise<void>((release) => resolve({ connection, pending: 0, release }));
    provideConnection(db, use).catch(reject);
  });
}

const begin = CompiledQuery.raw('begin');
const beginReading = CompiledQuery.raw('start transaction isolation level repeatable read read only');
const commit = CompiledQuery.raw('commit');
const rollback = CompiledQuery.raw('rollback');

/** @param onCommitSent called in the tick in which COMMIT is sent, before its result */
async function transactOn<T>(
  db: Db,
  connection: DatabaseConnection,
  first: CompiledQuery,
  work: (tx: Tx) => Promise<T>,
  onCommitSent = () => {},
): Promise<T> {
  let failure: unknown = null;
  let isOver = false;
  const provider = {
    async provideConnection<Result>(consumer: (connection: DatabaseConnection) => Promise<Result>): Promise<Result> {
      if (isOver) throw new Error('The transaction has ended.');
      try {
        return await consumer(connection);
      } catch (error) {
        // The first statement's failure may arrive after those that PostgreSQL reports because of
        // it, since it waits for BEGIN too.
        if (!isBehindFailure(error)) failure ??= error;
        throw error;
      }
    },
  };
  // For each statement after a failed one, PostgreSQL reports only that there was a failure.
  const causeOf = (error: unknown) => (failure !== null && isBehindFailure(error) ? failure : error);
  let result: T;
  await connection.executeQuery(first);
  try {
    result = await work(new PipelinedTransaction(db.getExecutor().withConnectionProvider(provider)));
  } catch (error) {
    isOver = true;
    await connection.executeQuery(rollback);
    throw causeOf(error);
  }
  isOver = true;
  const committing = connection.executeQuery<{ command: string }>(commit);
  onCommitSent();
  const { rows } = await committing.catch((error) => {
    throw causeOf(error);
  });
  // PostgreSQL ends a transaction in which a statement failed by a rollback instead.
  if (rows[0]?.command === 'ROLLBACK') throw failure ?? new Error('The transaction was rolled back instead of committed.');
  return result;
}

/**
 * Lets a statement run without being awaited, and returns its promise. If it fails, the following
 * COMMIT fails too.
 */
export function pipeline<T>(statement: Promise<T>): Promise<T> {
  statement.catch(() => {});
  return statement;
}

/**
 * Kysely needs them to begin and end a transaction, which `PipelinedTransaction` never does itself.
 */
const driver = new DummyDriver();
const dialect = new PostgresDialect({ pool: () => Promise.reject(new Error('A transaction does not open connections.')) });

class PipelinedTransaction extends Transaction<Schema> {
  constructor(executor: QueryExecutor) {
    super({ config: { dialect }, dialect, driver, executor });
  }
}
