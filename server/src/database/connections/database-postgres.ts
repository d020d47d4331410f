import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import type { Log } from '../../runtime/log.ts';
import { columnTypes } from '../column-types.ts';
import type { Database, Db, MigrationConnection } from '../database.ts';
import { findSetupProblem } from '../migrations/find-setup-problem.ts';
import type { Schema } from '../schema.ts';
import { type DatabaseUrl, parseDatabaseUrl } from './connection-string.ts';
import { kyselyPool, type PoolLimits, type PoolListener } from './kysely-pool.ts';
import { readPoolUse } from './pool-use.ts';
import { sharedConnection } from './shared-connection.ts';
import { errorClassOf, noMeter } from './statement-meter.ts';
import { WritableHost } from './writable-host.ts';
import { tryWrite, WriteHealth } from './write-health.ts';

/** Enough for a few hundred commands a second; one instance rarely has more than a handful under way. */
const connectionsMax = 10;
/** The read path asks seldom and for many at once: heads, names, credentials, and now and then a page of the log or a whole organization. */
const readConnectionsMax = 4;

/** How long a request waits for a connection before it is answered 503. */
const connectionTimeoutMs = 3_000;

/** What all pools of a server have in common. */
interface Server {
  readonly url: DatabaseUrl;
  /** Null where every connection is right, since there is one host, and the URL does not ask whether it takes writes. */
  readonly host: WritableHost | null;
  readonly log: Log;
}

/** @throws DatabaseUrlError */
export function openPostgres(databaseUrl: string, log: Log, meter = noMeter): Database {
  const url = parseDatabaseUrl(databaseUrl);
  const server: Server = { url, host: url.mustBeWritable ? new WritableHost(url.urls) : null, log };
  const limits: PoolLimits = { lockTimeoutMs: url.lockTimeoutMs };
  const pool = openPool(server, connectionsMax, url.statementMs);
  const readPool = openPool(server, readConnectionsMax, url.statementMs);
  const lookupPool = openPool(server, 1, url.statementMs);
  const probePool = openPool(server, 1, url.statementMs);
  const writes: WriteHealth = new WriteHealth(() => tryWrite(db), log);
  const readers: PoolListener = {
    failed(error) {
      meter.countDatabaseError(errorClassOf(error));
      server.host?.failed(error);
    },
    wrote() {},
    observeStatement: (seconds) => meter.observeStatement(seconds),
  };
  const commands: PoolListener = {
    ...readers,
    failed(error) {
      readers.failed(error);
      writes.failed(error);
    },
    wrote: () => writes.succeeded(),
  };
  const db = openDb(kyselyPool(pool, limits, commands));
  const reads = openDb(kyselyPool(readPool, limits, readers));
  const lookups = openDb(sharedConnection(kyselyPool(lookupPool, limits, readers)));
  const probes = openDb(kyselyPool(probePool, limits, readers));
  const close = async () => {
    writes.close();
    await Promise.all([db.destroy(), reads.destroy(), lookups.destroy(), probes.destroy()]);
  };
  return {
    kind: 'postgresql',
    db,
    reads,
    lookups,
    probes,
    writes,
    connectToMigrate: () => openMigrationConnection(server),
    findSetupProblem: () => findSetupProblem(reads, () => connect(server)),
    pool: () => readPoolUse(pool, readPool, lookupPool, probePool),
    close,
  };
}

/**
 * A migration's statement may take hours, so it has no timeout. TCP's keep-alive detects a lost
 * machine.
 */
function openMigrationConnection(server: Server): MigrationConnection {
  const listener: PoolListener = { failed: (error) => server.host?.failed(error), wrote() {}, observeStatement() {} };
  const db = openDb(kyselyPool(openPool(server, 1), { lockTimeoutMs: null }, listener));
  return { db, close: () => db.destroy() };
}

function openDb(pool: PostgresPool): Db {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** What a pooler may refuse is none of them: see `kyselyPool` for what else a connection would be set to. */
const connectionOptions: pg.ClientConfig = {
  connectionTimeoutMillis: connectionTimeoutMs,
  keepAlive: true,
  types: columnTypes,
  application_name: 'rollcall',
};

/** @param statementMsMax when it is over, pg fails the statement and closes its connection */
function openPool({ url, host, log }: Server, max: number, statementMsMax?: number): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions,
    connectionString: url.urls[0],
    max,
    // What is asked for while an answer is under way is sent at once, and answered in order.
    pipeline: true,
    query_timeout: statementMsMax,
    ...host?.poolOptions(),
  });
  // Without a listener a server that stops would end the process.
  pool.on('error', (error) => log.warn({ error: error.message }, 'an idle database connection was lost'));
  // The pool listens to idle ones only: one that is lost in use, between two statements, would end the process too. Whoever
  // uses it hears of it by the next statement.
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ error: error.message }, 'a database connection was lost'));
  });
  return pool;
}

/** A connection of no pool. */
async function connect({ url, host }: Server): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionOptions, connectionString: host?.url ?? url.urls[0] });
  client.on('error', () => {});
  await client.connect();
  return client;
}
