import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { faultOf } from '../translate-error.ts';
import { isWrite } from './is-write.ts';
import { StatementNames } from './statement-names.ts';

export interface PoolLimits {
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
 * A pool for Kysely that gives frequent statements a name, so that PostgreSQL prepares them once.
 * Settings hold for one transaction, because a pooler may give each transaction another connection.
 */
export function kyselyPool(pool: pg.Pool, limits: PoolLimits, listener: PoolListener): PostgresPool {
  const names = new StatementNames();
  return {
    async connect() {
      try {
        return kyselyClient(await pool.connect(), names, limits, listener);
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
  { lockTimeoutMs }: PoolLimits,
  listener: PoolListener,
): PostgresPoolClient {
  const withLockTimeout = (begin: string) => (lockTimeoutMs === null ? begin : `${begin}; set local lock_timeout = ${lockTimeoutMs}`);
  let beginning: Promise<unknown> | null = null;
  let transaction: { isWriting: boolean } | null = null;
  let isSpoiled = false;
  const gather = gatherWrites(streamOf(client));
  async function send(query: pg.QueryConfig): Promise<pg.QueryResult> {
    gather();
    const sentAt = performance.now();
    try {
      return await client.query(query);
    } catch (error) {
      if (faultOf(error)?.spoilsConnection) isSpoiled = true;
      listener.failed(error);
      throw error;
    } finally {
      listener.observeStatement((performance.now() - sentAt) / 1_000);
    }
  }
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
