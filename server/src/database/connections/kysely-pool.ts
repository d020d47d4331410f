import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { faultOf } from '../translate-error.ts';
import { isWrite } from './is-write.ts';
import { onePerClient } from './one-per-client.ts';
import { SilenceWatch } from './silence-watch.ts';
import { StatementNames } from './statement-names.ts';

export interface PoolLimits {
  /** How long a connection may say nothing while an answer is waited for. Null where no connection can be lost. */
  readonly silenceMsMax: number | null;
  /** How long a write waits for a lock. Null leaves it to PostgreSQL's own setting. */
  readonly lockTimeoutMs: number | null;
}

/** Hears how the statements of a pool end. */
export interface PoolListener {
  /** Connecting, or a statement, failed. */
  failed(error: unknown): void;
  /** A transaction that writes was committed. */
  wrote(): void;
  observeStatement(seconds: number): void;
}

/** Values, or characters of one: with more, planning is little beside running. */
const smallValuesMax = 50;
const smallValueLengthMax = 10_000;

/**
 * A plan that was kept while a table was small stays until PostgreSQL has counted its rows anew, up to a minute later. A
 * look-up can do with that. An import cannot, and has each statement planned by how large the tables are by then.
 */
function isSmall(parameters: readonly unknown[]): boolean {
  const isSmallValue = (value: unknown) =>
    Array.isArray(value) ? value.length <= smallValuesMax : typeof value !== 'string' || value.length <= smallValueLengthMax;
  return parameters.length <= smallValuesMax && parameters.every(isSmallValue);
}

/**
 * A pool as Kysely takes it, which names statements that come often, and ends a connection that says nothing for `silenceMsMax`
 * while an answer is waited for: everything later would wait behind it. Settings hold for a transaction, and none for the
 * connection: a pooler may give each transaction another one.
 */
export function kyselyPool(pool: pg.Pool, limits: PoolLimits, listener: PoolListener): PostgresPool {
  const names = new StatementNames();
  const kyselyClientOf = onePerClient((client: pg.PoolClient) => kyselyClient(client, names, limits, listener));
  return {
    async connect() {
      try {
        return kyselyClientOf(await pool.connect());
      } catch (error) {
        listener.failed(error);
        throw error;
      }
    },
    end: () => pool.end(),
  };
}

function kyselyClient(
  client: pg.PoolClient,
  names: StatementNames,
  { silenceMsMax, lockTimeoutMs }: PoolLimits,
  listener: PoolListener,
): PostgresPoolClient {
  const stream = streamOf(client);
  const withLockTimeout = (begin: string) => (lockTimeoutMs === null ? begin : `${begin}; set local lock_timeout = ${lockTimeoutMs}`);
  let beginning: Promise<unknown> | null = null;
  let transaction: { isWriting: boolean } | null = null;
  let isSpoiled = false;
  // All that is owed fails by it, as does whatever is asked later, such as the rollback; and the pool takes back no client without a connection.
  const watch = silenceMsMax === null ? null : new SilenceWatch(silenceMsMax, (silence) => stream.destroy(silence));
  const gather = gatherWrites(stream);
  const answered = (ms: number, error: Error | null) => {
    listener.observeStatement(ms / 1_000);
    if (error === null) return;
    if (faultOf(error)?.spoilsConnection) isSpoiled = true;
    listener.failed(error);
  };
  const send = (query: pg.QueryConfig) => {
    gather();
    return ask(client, query, watch, answered);
  };
  async function query(text: string, parameters: readonly unknown[]): Promise<Pick<pg.QueryResult, 'rows'>> {
    if (isBegin(text)) {
      transaction = { isWriting: false };
      beginning = send({ text: withLockTimeout(text) });
      // Whoever sends the next statement hears of it.
      beginning.catch(() => {});
      return { rows: [] };
    }
    if (text === 'commit' || text === 'rollback') return endTransaction(text);
    if (transaction !== null) transaction.isWriting ||= isWrite(text);
    else if (lockTimeoutMs !== null && isWrite(text)) return writeAlone(text, parameters);
    const begun = beginning;
    beginning = null;
    const answer = send(queryOf(text, parameters, names));
    return begun ? (await Promise.all([begun, answer]))[1] : await answer;
  }
  async function endTransaction(text: 'commit' | 'rollback'): Promise<Pick<pg.QueryResult, 'rows'>> {
    const isWritten = transaction?.isWriting && text === 'commit';
    transaction = null;
    beginning = null;
    const answer = await send({ text });
    // A transaction in which a statement failed is rolled back by its commit.
    if (isWritten && answer.command === 'COMMIT') listener.wrote();
    return answer;
  }
  /** A write without a transaction gets one, for the time it may wait for a lock. All three are sent at once. */
  async function writeAlone(text: string, parameters: readonly unknown[]): Promise<Pick<pg.QueryResult, 'rows'>> {
    const begun = send({ text: withLockTimeout('begin') });
    const answer = send(queryOf(text, parameters, names));
    const [, written] = await Promise.all([begun, answer, send({ text: 'commit' })]);
    listener.wrote();
    return written;
  }
  return {
    // Its other form is for cursors, which nobody uses here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (isDiscarded?: boolean) => client.release(isDiscarded || isSpoiled),
  };
}

/** A transaction's beginning, which has no answer worth waiting for: it is sent together with the first statement. */
function isBegin(text: string): boolean {
  return text === 'begin' || text.startsWith('start transaction');
}

function queryOf(text: string, parameters: readonly unknown[], names: StatementNames): pg.QueryConfig {
  // Without parameters it is a `COMMIT` or the like, or a migration's, of which several may be one text.
  if (parameters.length === 0) return { text };
  const name = isSmall(parameters) ? names.nameOf(text) : undefined;
  return { text, values: parameters as unknown[], ...(name && { name }) };
}

/**
 * By a callback, and without pg's own timeout: for a promise and for a timeout pg assigns a function to a property of the query. V8
 * makes such functions in its old generation, where they and all that they reach, up to the request, stay until a full collection.
 */
function ask(
  client: pg.PoolClient,
  query: pg.QueryConfig,
  watch: SilenceWatch | null,
  answered: (ms: number, error: Error | null) => void,
): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    let isOwed = true;
    const askedAt = performance.now();
    watch?.asked();
    client.query(query, (error: Error | null, result) => {
      // Of a value that cannot be sent pg tells twice: at once, and when PostgreSQL has answered all the same.
      if (isOwed) {
        watch?.answered();
        answered(performance.now() - askedAt, error);
      }
      isOwed = false;
      if (error) reject(error);
      else resolve(result);
    });
  });
}

function streamOf(client: pg.PoolClient): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

/** To be called before each statement: has those of one turn sent by one call into the kernel. Each wakes PostgreSQL up, which costs more than a small statement. */
function gatherWrites(stream: Writable): () => void {
  let isGathering = false;
  return () => {
    if (isGathering) return;
    isGathering = true;
    stream.cork();
    process.nextTick(() => {
      isGathering = false;
      stream.uncork();
    });
  };
}
