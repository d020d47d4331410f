import { type DatabaseConnection, DummyDriver, isAbortedTransactionError, PostgresDialect, type QueryExecutor, Transaction } from 'kysely';
import type { Db, Tx } from './database.ts';
import type { Schema } from './schema.ts';
import { isBehindFailure } from './translate-error.ts';

/**
 * Runs `work` in a transaction whose statements are sent when they are made, in that order, each without waiting for the
 * answers to those before. PostgreSQL runs one after the other all the same, each on what is committed when its turn comes: what is
 * behind a lock sees all that was committed before the lock was had. The commit goes behind the last of them.
 *
 * What `work` has made, and not waited for, when it resolves is part of the transaction: when it fails, nothing is
 * committed and this rejects with that failure. What it makes later is refused.
 */
export async function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  let failure: unknown = null;
  try {
    return await db.transaction().execute(async (oneByOne) => {
      const connection = await connectionOf(oneByOne);
      let isOver = false;
      const provider = {
        async provideConnection<Result>(consumer: (connection: DatabaseConnection) => Promise<Result>): Promise<Result> {
          if (isOver) throw new Error('The transaction is over.');
          try {
            return await consumer(connection);
          } catch (error) {
            failure ??= error;
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
    // PostgreSQL says of all that is behind a failure, the commit included, only that there was one.
    throw failure !== null && (isAbortedTransactionError(error) || isBehindFailure(error)) ? failure : error;
  }
}

/** Lets a statement run without being awaited. If it fails, the commit behind it fails too. Returns the same promise. */
export function pipeline<T>(statement: Promise<T>): Promise<T> {
  statement.catch(() => {});
  return statement;
}

/** Of Kysely's own transaction, which sends a statement only when the one before is answered. */
async function connectionOf(tx: Tx): Promise<DatabaseConnection> {
  let found: DatabaseConnection | null = null;
  await tx.getExecutor().provideConnection(async (connection) => {
    found = connection;
  });
  return found!;
}

/** Kysely asks for them to begin and to end a transaction, which this one never does itself. */
const driver = new DummyDriver();
const dialect = new PostgresDialect({ pool: () => Promise.reject(new Error('A transaction opens no pool.')) });

class PipelinedTransaction extends Transaction<Schema> {
  constructor(executor: QueryExecutor) {
    super({ config: { dialect }, dialect, driver, executor });
  }
}
