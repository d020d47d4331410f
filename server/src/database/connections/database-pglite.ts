import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Log } from '../../runtime/log.ts';
import { makePrivateDirectory } from '../../runtime/make-directory.ts';
import { workerArguments } from '../../runtime/worker-arguments.ts';
import { columnTypes } from '../column-types.ts';
import type { Database } from '../database.ts';
import { DatabaseTrust } from '../installation/database-trust.ts';
import { readSeal, writeSeal } from '../installation/seal.ts';
import type { Schema } from '../schema.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { kyselyPool, type PoolListener } from './pool/kysely-pool.ts';
import { logConnectionErrors } from './pool/pool-errors.ts';
import { readPoolUse } from './pool/pool-use.ts';
import { errorClassOf, noMeter } from './statement-meter.ts';
import { tryWrite, WriteHealth } from './write-health.ts';

/**
 * PGlite runs one transaction at a time. With one connection, callers wait in the pool. With more,
 * a second transaction would wait inside PGlite, where it could not be distinguished from a stuck
 * one.
 */
const connectionsMax = 1;

/**
 * The time that a caller waits for a connection. It is longer than with a PostgreSQL server,
 * because all callers wait for the same one.
 */
const connectionTimeoutMs = 10_000;

/** Whether an earlier start has created the embedded database. */
export function hasPglite(dataDir: string): boolean {
  return existsSync(folderIn(dataDir));
}

function folderIn(dataDir: string): string {
  return path.join(dataDir, 'pglite');
}

/**
 * Opens the embedded PostgreSQL: PGlite in a worker, behind a socket in a private temporary folder.
 * A socket's path may have 107 bytes at most, and the path of a data folder can be longer.
 * @throws DataDirInUseError while another process uses the data folder
 */
export async function openPglite(dataDir: string, log: Log, meter = noMeter): Promise<Database> {
  makePrivateDirectory(dataDir);
  const unlock = lockDataDir(dataDir);
  const socketDir = mkdtempSync(path.join(os.tmpdir(), 'rollcall-'));
  const removeTraces = () => {
    rmSync(socketDir, { recursive: true, force: true });
    unlock();
  };
  process.once('exit', removeTraces);
  const worker = new Worker(new URL('./pglite-worker.mjs', import.meta.url), {
    execArgv: workerArguments(),
    workerData: {
      dataDir: folderIn(dataDir),
      socketPath: path.join(socketDir, '.s.PGSQL.5432'),
      connectionsMax: connectionsMax + 1,
    },
  });
  // `once` would reject after an error, although the worker has not exited yet.
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const exitedEarly = exited.then(() => Promise.reject(new Error('its worker exited')));
  try {
    await Promise.race([once(worker, 'message'), exitedEarly]);
  } catch (error) {
    removeTraces();
    throw error;
  }
  worker.on('error', (error) => log.error({ error }, 'the embedded database failed'));

  const pool = new pg.Pool({
    host: socketDir,
    user: 'postgres',
    database: 'postgres',
    max: connectionsMax,
    connectionTimeoutMillis: connectionTimeoutMs,
    types: columnTypes,
    // Statements are sent without waiting for earlier results. The results arrive in the same
    // order.
    pipeline: true,
    // The connection is kept, because a new one costs its caller more than an idle one costs.
    idleTimeoutMillis: 0,
  });
  // PGlite has one session for all connections. Its prepared statements outlive a connection that
  // was lost, for example while the machine slept, and the next one prepares them again.
  pool.on('connect', (client) => {
    client.query('deallocate all').catch(() => {});
  });
  logConnectionErrors(pool, log);
  const listener: PoolListener = {
    failed(error) {
      meter.countDatabaseError(errorClassOf(error));
      writes.failed(error);
    },
    wrote: () => writes.succeeded(),
    observeStatement: (seconds) => meter.observeStatement(seconds),
  };
  const open = (trust: DatabaseTrust | null) =>
    new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: kyselyPool(pool, { lockTimeout: null, resultMsMax: null, trust }, listener) }),
    });
  // It uses the same connection.
  const probes = open(null);
  const trust = new DatabaseTrust({
    read: () => readSeal(probes),
    seal: (seal, reading) => writeSeal(probes, seal, reading),
    log,
  });
  const db = open(trust);
  const writes: WriteHealth = new WriteHealth(() => tryWrite(db), log);
  let isClosing = false;
  const lost = new Promise<void>((resolve) => {
    void exited.then(() => {
      if (!isClosing) resolve();
    });
  });
  const close = async () => {
    isClosing = true;
    writes.close();
    trust.close();
    await db.destroy();
    worker.postMessage('close');
    await exited;
    process.removeListener('exit', removeTraces);
    removeTraces();
  };
  // Migrations share the only connection. It has no statement timeout.
  const connectToMigrate = () => ({ db, close: async () => {} });
  return {
    kind: 'pglite',
    db,
    reads: db,
    lookups: db,
    probes,
    trust,
    writes,
    lost,
    findSetupProblem: async () => null,
    connectToMigrate,
    pool: () => readPoolUse(pool),
    isExhausted: () => pool.waitingCount > 0,
    close,
  };
}
