import type { Writable } from 'node:stream';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { onePerClient } from './one-per-client.ts';
import { SilenceWatch } from './silence-watch.ts';
import { errorClassOf, type StatementMeter } from './statement-meter.ts';
import { StatementNames } from './statement-names.ts';

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
 * while an answer is waited for: everything later would wait behind it.
 * @param silenceMsMax null where no connection can be lost
 */
export function kyselyPool(pool: pg.Pool, silenceMsMax: number | null, meter: StatementMeter): PostgresPool {
  const names = new StatementNames();
  const kyselyClientOf = onePerClient((client: pg.PoolClient) => kyselyClient(client, names, silenceMsMax, meter));
  return {
    async connect() {
      try {
        return kyselyClientOf(await pool.connect());
      } catch (error) {
        meter.countDatabaseError(errorClassOf(error));
        throw error;
      }
    },
    end: () => pool.end(),
  };
}

function kyselyClient(
  client: pg.PoolClient,
  names: StatementNames,
  silenceMsMax: number | null,
  meter: StatementMeter,
): PostgresPoolClient {
  const stream = streamOf(client);
  let beginning: Promise<unknown> | null = null;
  // All that is owed fails by it, as does whatever is asked later, such as the rollback; and the pool takes back no client without a connection.
  const watch = silenceMsMax === null ? null : new SilenceWatch(silenceMsMax, (silence) => stream.destroy(silence));
  const gather = gatherWrites(stream);
  const send = (query: pg.QueryConfig) => {
    gather();
    return ask(client, query, watch, meter);
  };
  async function query(text: string, parameters: readonly unknown[]): Promise<Pick<pg.QueryResult, 'rows'>> {
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
  }
  return {
    // Its other form is for cursors, which nobody uses here.
    query: query as unknown as PostgresPoolClient['query'],
    release: (isDiscarded?: boolean) => client.release(isDiscarded),
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
function ask(client: pg.PoolClient, query: pg.QueryConfig, watch: SilenceWatch | null, meter: StatementMeter): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    let isOwed = true;
    const askedAt = performance.now();
    watch?.asked();
    client.query(query, (error: Error | null, result) => {
      // Of a value that cannot be sent pg tells twice: at once, and when PostgreSQL has answered all the same.
      if (isOwed) {
        watch?.answered();
        meter.observeStatement((performance.now() - askedAt) / 1_000);
        if (error) meter.countDatabaseError(errorClassOf(error));
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
