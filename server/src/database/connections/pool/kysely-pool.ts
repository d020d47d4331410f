import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { DatabaseTrust } from '../../installation/database-trust.ts';
import { faultOf, isBehindFailure } from '../../translate-error.ts';
import { isWrite } from '../is-write.ts';
import type { LockTimeout } from '../lock-timeout.ts';
import { ResultWatch } from '../result-watch.ts';
import { SealProofs } from '../seal-proofs.ts';
import { StatementNames } from '../statement-names.ts';
import { onePerClient } from './one-per-client.ts';

export interface PoolLimits {
  /** Null keeps PostgreSQL's setting. */
  readonly lockTimeout: LockTimeout | null;
  /**
   * The longest time without a result while a statement runs. The connection is then closed. Null
   * where no connection can be lost.
   */
  readonly resultMsMax: number | null;
  /** Statements run, and their results are used, only while it trusts the database. */
  readonly trust: DatabaseTrust | null;
}

/** Receives the results of a pool's statements. */
export interface PoolListener {
  /** A connection attempt or a statement failed. */
  failed(error: unknown): void;
  /**
   * Called when a transaction that changed rows has committed, which proves that the database
   * accepts writes. A sweep that changes no row proves nothing.
   */
  wrote(): void;
  observeStatement(seconds: number): void;
}

/** Planning a statement with more values, or longer ones, costs little compared to running it. */
const smallValuesMax = 50;
/**
 * The longest list that is one value. It is as long as the batches of reads that a reconnect burst
 * fills.
 */
const smallListMax = 200;
const smallValueLengthMax = 100_000;

/**
 * PostgreSQL keeps the plan of a named statement until it analyzes the table again, up to a minute
 * after the table has grown. That is good enough for small statements. An import needs a plan for
 * the current size of the tables.
 */
function isSmall(parameters: readonly unknown[]): boolean {
  const isSmallValue = (value: unknown) =>
    Array.isArray(value) ? value.length <= smallListMax : typeof value !== 'string' || value.length <= smallValueLengthMax;
  return parameters.length <= smallValuesMax && parameters.every(isSmallValue);
}

/**
 * A pool for Kysely that gives frequent statements a name, so that PostgreSQL prepares them once.
 */
export function kyselyPool(pool: pg.Pool, limits: PoolLimits, listener: PoolListener): PostgresPool {
  const names = new StatementNames();
  const kyselyClientOf = onePerClient((client: pg.PoolClient) => kyselyClient(client, names, limits, listener));
  return {
    async connect() {
      try {
        limits.trust?.assertTrusted();
        return kyselyClientOf(await pool.connect());
      } catch (error) {
        listener.failed(error);
        throw error;
      }
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

function kyselyClient(
  client: pg.PoolClient,
  names: StatementNames,
  { lockTimeout, resultMsMax, trust }: PoolLimits,
  listener: PoolListener,
): PostgresPoolClient {
  const stream = streamOf(client);
  let beginning: Promise<unknown> | null = null;
  let transaction: { hasWritten: boolean; readonly isAtOneInstant: boolean } | null = null;
  let isSpoiled = false;
  const proofs = trust && new SealProofs(trust, names, send);
  const gather = gatherWrites(stream, () => proofs?.sendPrepared());
  const watch = resultMsMax === null ? null : new ResultWatch(resultMsMax, (error) => stream.destroy(error));
  const ended = (ms: number, error: Error | null) => {
    watch?.ended();
    listener.observeStatement(ms / 1_000);
    if (error === null) return;
    // The statement that failed before it has been reported.
    if (isBehindFailure(error)) return;
    if (faultOf(error)?.spoilsConnection) isSpoiled = true;
    listener.failed(error);
  };
  function send(query: pg.QueryConfig, onRows = () => {}): Promise<pg.QueryResult> {
    gather();
    watch?.sent();
    return run(client, query, (ms, error, result) => {
      ended(ms, error);
      if (result?.rowCount) onRows();
    });
  }
  async function query(text: string, parameters: readonly unknown[]): Promise<Pick<pg.QueryResult, 'rows'>> {
    if (isBegin(text)) {
      const setting = lockTimeout?.statementFor(client) ?? null;
      transaction = { hasWritten: false, isAtOneInstant: text.includes('repeatable read') };
      beginning = send({ text: setting === null ? text : `${text}; ${setting}` });
      // The next statement reports a failure.
      beginning.catch(() => {});
      return { rows: [] };
    }
    if (text === 'commit' || text === 'rollback') return endTransaction(text);
    const current = transaction;
    if (current === null && isWrite(text)) return writeAlone(text, parameters);
    const begun = beginning;
    beginning = null;
    const answer = send(queryOf(text, parameters, names), () => {
      if (current && isWrite(text)) current.hasWritten = true;
    });
    const before = current ? begun : (proofs?.ofStatement(text) ?? null);
    return before ? (await Promise.all([before, answer]))[1] : await answer;
  }
  async function endTransaction(text: 'commit' | 'rollback'): Promise<Pick<pg.QueryResult, 'rows'>> {
    const ended = transaction;
    transaction = null;
    beginning = null;
    // The connection is closed, which also rolls back. Sending it would fail, and that error would
    // replace the one of the statement.
    if (text === 'rollback' && isSpoiled) return { rows: [] };
    const isSnapshot = text === 'commit' && ended?.isAtOneInstant === true;
    const isProven = text === 'rollback' || isSnapshot ? null : proofs?.ofTransaction();
    const committing = send({ text });
    // `TRUNCATE` empties a table for earlier snapshots too, in which the seal is still intact.
    const hasPassed = isSnapshot ? proofs?.ofStatement(text) : null;
    for (const proof of [isProven, hasPassed]) proof?.catch(() => {});
    const answer = await committing.catch((error) => {
      // The transaction may still be open.
      isSpoiled = true;
      throw error;
    });
    await (isProven ?? hasPassed);
    // A transaction in which a statement failed is rolled back by its commit.
    if (ended?.hasWritten && answer.command === 'COMMIT') listener.wrote();
    return answer;
  }
  /**
   * Runs a write outside of a transaction. If the lock timeout or the trust need a transaction, all
   * of its statements are sent at once.
   */
  async function writeAlone(text: string, parameters: readonly unknown[]): Promise<Pick<pg.QueryResult, 'rows'>> {
    const setting = lockTimeout?.statementFor(client) ?? null;
    const begin = setting === null ? trust?.installation && 'begin' : `begin; ${setting}`;
    const begun = begin ? send({ text: begin }) : null;
    const answer = send(queryOf(text, parameters, names));
    const [, written] = await Promise.all([begun, answer, begun && proofs?.ofTransaction(), begun && send({ text: 'commit' })]);
    if (written.rowCount) listener.wrote();
    return written;
  }
  return {
    // Kysely's type has a second signature, for cursors. They aren't used here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (isDiscarded?: boolean) => client.release(isDiscarded || isSpoiled),
  };
}

/** Whether the statement begins a transaction. It is sent together with the next statement. */
function isBegin(text: string): boolean {
  return text === 'begin' || text.startsWith('start transaction');
}

function queryOf(text: string, parameters: readonly unknown[], names: StatementNames): pg.QueryConfig {
  // Without parameters it is a `COMMIT` or a migration, which may hold several statements.
  if (parameters.length === 0) return { text };
  const name = isSmall(parameters) ? names.nameOf(text) : undefined;
  return { text, values: parameters as unknown[], ...(name && { name }) };
}

/**
 * Runs a statement with a callback, and without pg's `query_timeout`. For a promise and for a
 * timeout, pg assigns a function to a property of the query. V8 allocates such functions in the old
 * generation, where they and all that they reference, including the request, remain until a full
 * collection (docs/adr/0044).
 * @param onEnd called once
 */
function run(
  client: pg.PoolClient,
  { text, values, name }: pg.QueryConfig,
  onEnd: (ms: number, error: Error | null, result?: pg.QueryResult) => void,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const sentAt = performance.now();
    let hasEnded = false;
    const onResult = (error: Error | undefined, result: pg.QueryResult) => {
      // If a value can't be sent, pg reports it at once, and again when PostgreSQL has responded.
      if (hasEnded) return;
      hasEnded = true;
      onEnd(performance.now() - sentAt, error ?? null, result);
      if (error) reject(error);
      else resolve(result);
    };
    // pg would clone an object, and V8 keeps the properties of that clone in a slow hash table.
    const query: pg.Query & { name?: string } = new pg.Query(text, values, onResult);
    if (name) query.name = name;
    client.query(query);
  });
}

function streamOf(client: pg.PoolClient): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

/**
 * Returns a function to call before each statement. The statements of one tick are then sent by one
 * system call. PostgreSQL wakes up at each call, which costs more than a small statement.
 * @param beforeSending may send further statements in the same call
 */
function gatherWrites(stream: Writable, beforeSending: () => void): () => void {
  let isGathering = false;
  return () => {
    if (isGathering) return;
    isGathering = true;
    stream.cork();
    process.nextTick(() => {
      beforeSending();
      isGathering = false;
      stream.uncork();
    });
  };
}
