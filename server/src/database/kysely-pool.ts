import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { onePerClient } from './one-per-client.ts';
import { StatementNames } from './statement-names.ts';
import { isReadTimeout } from './translate-error.ts';

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
 * A pool as Kysely takes it, which names statements that come often, and takes no connection back whose answer did not
 * come: everything later would wait behind it.
 */
export function kyselyPool(pool: pg.Pool): PostgresPool {
  const names = new StatementNames();
  const kyselyClientOf = onePerClient((client: pg.PoolClient) => kyselyClient(client, names));
  return {
    connect: async () => kyselyClientOf(await pool.connect()),
    end: () => pool.end(),
  };
}

function kyselyClient(client: pg.PoolClient, names: StatementNames): PostgresPoolClient {
  let silence: Error | null = null;
  let beginning: Promise<unknown> | null = null;
  const send = gatherWrites(client);
  async function query(text: string, parameters: readonly unknown[]): Promise<Pick<pg.QueryResult, 'rows'>> {
    // Such as the rollback, which could only wait as long again.
    if (silence) throw silence;
    try {
      if (isBegin(text)) {
        beginning = send({ text });
        // Whoever sends the next statement hears of it.
        beginning.catch(() => {});
        return { rows: [] };
      }
      const begun = beginning;
      beginning = null;
      const answer = send(queryOf(text, parameters, names));
      return begun ? (await Promise.all([begun, answer]))[1] : await answer;
    } catch (error) {
      if (isReadTimeout(error)) silence = error;
      throw error;
    }
  }
  return {
    // Its other form is for cursors, which nobody uses here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (isDiscarded?: boolean) => client.release(silence ?? isDiscarded),
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

/** Sends what is asked for in one turn by one call into the kernel: each wakes PostgreSQL up, which costs more than a small statement. */
function gatherWrites(client: pg.PoolClient): (query: pg.QueryConfig) => Promise<pg.QueryResult> {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  let isGathering = false;
  return (query) => {
    if (!isGathering) {
      isGathering = true;
      stream.cork();
      process.nextTick(() => {
        isGathering = false;
        stream.uncork();
      });
    }
    return client.query(query);
  };
}
