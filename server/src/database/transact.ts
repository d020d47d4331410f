import {
  type DatabaseConnection,
  DummyDriver,
  isAbortedTransactionError,
  PostgresDialect,
  type QueryExecutor,
  Transaction,
  type TransactionBuilder,
} from 'kysely';
import type { Db, Tx } from './database.ts';
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
  return runPipelined(db, db.transaction(), work);
}

/** Reads in a pipelined transaction in which all statements see the same snapshot. */
export function readAtOneInstant<T>(db: Db, read: (tx: Tx) => Promise<T>): Promise<T> {
  return runPipelined(db, db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only'), read);
}

async function runPipelined<T>(db: Db, transaction: TransactionBuilder<Schema>, work: (tx: Tx) => Promise<T>): Promise<T> {
  let failure: unknown = null;
  try {
    return await transaction.execute(async (oneByOne) => {
      const connection = await connectionOf(oneByOne);
      let isOver = false;
      const provider = {
        async provideConnection<Result>(consumer: (connection: DatabaseConnection) => Promise<Result>): Promise<Result> {
          if (isOver) throw new Error('The transaction has ended.');
          try {
            return await consumer(connection);
          } catch (error) {
            // The first statement's failure may arrive after those that PostgreSQL reports because
            // of it, since it waits for BEGIN too.
            if (!isBehindFailure(error)) failure ??= error;
            throw error;
          }
        },
      };
      try {
        return await work(new PipelinedTransaction(db.getExecutor().withConnectionProvider(provider)));
      } finally {
        isOver = true;
      }
    });
  } catch (error) {
    // For each statement after a failed one, and for COMMIT, PostgreSQL reports only that there was
    // a failure.
    throw failure !== null && (isAbortedTransactionError(error) || isBehindFailure(error)) ? failure : error;
  }
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
 * The connection of Kysely's own transaction, which sends each statement only after the previous
 * result has arrived.
 */
async function connectionOf(tx: Tx): Promise<DatabaseConnection> {
  let found: DatabaseConnection | null = null;
  await tx.getExecutor().provideConnection(async (connection) => {
    found = connection;
  });
  return found!;
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
