import { Kysely, PostgresDialect, type PostgresPool } from 'kysely';
import pg from 'pg';
import type { Log } from '../../runtime/log.ts';
import { columnTypes } from '../column-types.ts';
import type { Database, Db, MigrationConnection } from '../database.ts';
import { DatabaseTrust } from '../installation/database-trust.ts';
import { readSeal, writeSeal } from '../installation/seal.ts';
import { findSetupProblem } from '../migrations/find-setup-problem.ts';
import type { Schema } from '../schema.ts';
import { type DatabaseUrl, parseDatabaseUrl } from './connection-string.ts';
import { LockTimeout } from './lock-timeout.ts';
import { kyselyPool, type PoolListener } from './pool/kysely-pool.ts';
import { logConnectionErrors } from './pool/pool-errors.ts';
import { poolOptions } from './pool/pool-options.ts';
import { readPoolUse } from './pool/pool-use.ts';
import { sharedConnection } from './pool/shared-connection.ts';
import { errorClassOf, noMeter } from './statement-meter.ts';
import { WritableHost } from './writable-host.ts';
import { tryWrite, WriteHealth } from './write-health.ts';

/**
 * Connections for commands, enough for a few hundred commands per second. An instance rarely runs
 * more than a handful at the same time.
 */
const connectionsMax = 10;
/**
 * The read path sends few queries, each for many callers: heads, names, credentials, and sometimes
 * a page of the log or a whole organization.
 */
const readConnectionsMax = 4;

/**
 * The time that a request waits for a connection before it fails with 503. A load balancer takes an
 * instance whose response takes longer for failed: `deploy/nginx.conf` after 2.5 s.
 */
export const connectionTimeoutMs = 2_000;

/** The values that all pools of a server share. */
interface Server {
  readonly url: DatabaseUrl;
  /**
   * Null if every connection is acceptable: there is one host, and the URL does not require that it
   * accepts writes.
   */
  readonly host: WritableHost | null;
  readonly log: Log;
}

/** @throws DatabaseUrlError */
export function openPostgres(databaseUrl: string, log: Log, meter = noMeter): Database {
  const url = parseDatabaseUrl(databaseUrl);
  const server: Server = { url, host: url.mustBeWritable ? new WritableHost(url.urls) : null, log };
  const trust: DatabaseTrust = new DatabaseTrust({
    read: () => readSeal(probes),
    seal: (seal, reading) => writeSeal(probes, seal, reading),
    log,
  });
  const pool = openPool(server, connectionsMax, trust);
  const readPool = openPool(server, readConnectionsMax, trust);
  const lookupPool = openPool(server, 1, trust);
  const probePool = openPool(server, 1);
  const writes: WriteHealth = new WriteHealth(() => tryWrite(db), log);
  const readers: PoolListener = {
    failed(error) {
      meter.countDatabaseError(errorClassOf(error));
      server.host?.failed(error);
      if (isTableMissing(error)) trust.suspect();
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
  const limitsOf = (of: pg.Pool) => ({ lockTimeout: new LockTimeout(of, url.lockTimeoutMs), resultMsMax: url.resultMs });
  const kyselyPoolOf = (of: pg.Pool, listener: PoolListener) => kyselyPool(of, { ...limitsOf(of), trust }, listener);
  const db = openDb(kyselyPoolOf(pool, commands));
  const reads = openDb(kyselyPoolOf(readPool, readers));
  const lookups = openDb(sharedConnection(kyselyPoolOf(lookupPool, readers)));
  const probes = openDb(kyselyPool(probePool, { ...limitsOf(probePool), trust: null }, readers));
  const close = async () => {
    writes.close();
    trust.close();
    await Promise.all([db.destroy(), reads.destroy(), lookups.destroy(), probes.destroy()]);
  };
  return {
    kind: 'postgresql',
    db,
    reads,
    lookups,
    probes,
    trust,
    writes,
    lost: new Promise(() => {}),
    connectToMigrate: () => openMigrationConnection(server),
    findSetupProblem: () => findSetupProblem(reads, () => connect(server)),
    pool: () => readPoolUse(pool, readPool, lookupPool, probePool),
    isExhausted: () => pool.waitingCount > 0,
    close,
  };
}

/**
 * Opens a connection without a statement timeout, because a migration's statement may take hours.
 * TCP's keep-alive detects a lost machine.
 */
function openMigrationConnection(server: Server): MigrationConnection {
  const listener: PoolListener = { failed: (error) => server.host?.failed(error), wrote() {}, observeStatement() {} };
  const db = openDb(kyselyPool(openPool(server, 1), { lockTimeout: null, resultMsMax: null, trust: null }, listener));
  return { db, close: () => db.destroy() };
}

function openDb(pool: PostgresPool): Db {
  return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
}

/** Options that every pooler accepts. For the other settings of a connection, see `kyselyPool`. */
const connectionOptions: pg.ClientConfig = {
  connectionTimeoutMillis: connectionTimeoutMs,
  keepAlive: true,
  types: columnTypes,
  application_name: 'rollcall',
};

/** @param trust refuses connections to a database that is not trusted */
function openPool({ url, host, log }: Server, max: number, trust: DatabaseTrust | null = null): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions,
    connectionString: url.urls[0],
    max,
    // Statements are sent without waiting for earlier results. The results arrive in the same
    // order.
    pipeline: true,
    ...poolOptions(host, trust),
  });
  logConnectionErrors(pool, log);
  return pool;
}

function isTableMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '42P01';
}

/** Opens a connection outside the pools. */
async function connect({ url, host }: Server): Promise<pg.Client> {
  const client = new pg.Client({ ...connectionOptions, connectionString: host?.url ?? url.urls[0] });
  client.on('error', () => {});
  await client.connect();
  return client;
}
