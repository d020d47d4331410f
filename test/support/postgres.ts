// A real PostgreSQL for tests: DATABASE_URL if given, otherwise one that is started here.
import { randomBytes } from 'node:crypto';
import { chownSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { run } from './executables.ts';
import { freePort } from './free-port.ts';
import { findPostgres, type PostgresBinaries } from './postgres-binaries.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { startedOnce } from './shared.ts';

export interface StartPostgresOptions {
  /** Makes commits durable against power cuts (fsync and the like). Slower; implies `own`. */
  readonly durable?: boolean;
  /** Starts a server even if DATABASE_URL is given, for tests that kill it. */
  readonly own?: boolean;
  /** The programs of the server. The default is `findPostgres`. Implies `own`. */
  readonly binaries?: PostgresBinaries;
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Drops the database and closes all connections to it. */
  drop(): Promise<void>;
}

export interface Postgres {
  /** The URL of the maintenance database. Connect to it only to administer the server. */
  readonly url: string;
  readonly port: number;
  /**
   * Ends it permanently and removes its data. If it is the server of DATABASE_URL, only the
   * databases of the tests are removed.
   */
  stop(): Promise<void>;
  /** Ends it like a crash (SIGKILL). Committed data is there again after restart(). */
  kill(): Promise<void>;
  /**
   * Starts it again on the same port and data, after kill() or while it runs (then after a fast,
   * orderly shutdown).
   */
  restart(): Promise<void>;
  /**
   * Creates a database in 20 to 60 ms. A template's contents are copied, and it must not have
   * connections at that time.
   */
  createDatabase(options?: { readonly template?: TestDatabase }): Promise<TestDatabase>;
  /**
   * Returns the template of this name, which is prepared (migrated, filled) at its first use.
   * `prepare` must close its connections.
   */
  template(name: string, prepare: (url: string) => Promise<void>): Promise<TestDatabase>;
}

/** One server for the whole test run, stopped after the last test. Not for tests that kill it. */
export const sharedPostgres: () => Promise<Postgres> = startedOnce(() => startPostgres());

export async function startPostgres({
  durable = false,
  binaries,
  own = durable || binaries !== undefined,
}: StartPostgresOptions = {}): Promise<Postgres> {
  const given = process.env.DATABASE_URL;
  if (given && !own) return serverOfDatabaseUrl(given);
  return startOwnServer(durable, binaries ?? (await findPostgres()));
}

function serverOfDatabaseUrl(url: string): Postgres {
  const databases = throwawayDatabases(url);
  const refuse = async () => {
    throw new Error('this is the server of DATABASE_URL, which tests must not kill: start one with startPostgres({ own: true })');
  };
  return { url, port: Number(new URL(url).port || 5432), ...databases.methods, stop: databases.dropAll, kill: refuse, restart: refuse };
}

async function startOwnServer(durable: boolean, binaries: PostgresBinaries): Promise<Postgres> {
  const directory = makeTemporaryDirectory('postgres');
  if (binaries.user) chownSync(directory, binaries.user.uid, binaries.user.gid);
  const data = path.join(directory, 'data');
  await initializeData(binaries, directory, data);

  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const start = () =>
    startServerProcess({
      command: binaries.postgres,
      args: ['-D', data, ...settings(port, durable)],
      env: cleanEnvironment(),
      cwd: directory,
      logFile: path.join(directory, 'log'),
      user: binaries.user,
      // An immediate shutdown. Unlike SIGKILL, it leaves no shared memory behind.
      lastSignal: 'QUIT',
      ping: () => withClient(url, (client) => client.query('select 1')),
    });
  let server: ServerProcess | undefined = await start();
  let stopped = false;

  const end = async (signal: NodeJS.Signals) => {
    await server?.end(signal);
    server = undefined;
  };
  return {
    url,
    port,
    ...throwawayDatabases(url).methods,
    async stop() {
      stopped = true;
      await end('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
    async restart() {
      if (stopped) throw new Error('this PostgreSQL was stopped permanently; use kill() to be able to restart it');
      await end('SIGINT');
      server = await startAfterCrash(start);
    },
  };
}

/**
 * The children of a killed server exit within milliseconds. Until then a new server refuses to
 * start.
 */
async function startAfterCrash(start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  for (const deadline = performance.now() + 5_000; ; await sleep(20)) {
    try {
      return await start();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

export async function initializeData(binaries: PostgresBinaries, directory: string, data: string): Promise<void> {
  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  await run(binaries.initdb, args, { cwd: directory, env: cleanEnvironment(), ...binaries.user });
}

export function settings(port: number, durable: boolean): string[] {
  const always = {
    port,
    listen_addresses: '127.0.0.1',
    // No socket file: its default folder may belong to another user, and no test connects that way.
    unix_socket_directories: '',
    max_connections: 200,
    timezone: 'UTC',
  };
  // Safe for kill(): data that a killed process has written is in the kernel. Only a power cut
  // could lose it. synchronous_commit stays on, because without it a commit is acknowledged before
  // it is written.
  const fast = { fsync: 'off', full_page_writes: 'off' };
  return Object.entries({ ...always, ...(durable ? {} : fast) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** PG* variables of the developer's shell must not reach the server. */
export function cleanEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

interface ThrowawayDatabases {
  readonly methods: Pick<Postgres, 'createDatabase' | 'template'>;
  dropAll(): Promise<void>;
}

function throwawayDatabases(serverUrl: string): ThrowawayDatabases {
  const undropped = new Set<TestDatabase>();
  const templates = new Map<string, Promise<TestDatabase>>();
  const administer = (sql: string) => withClient(serverUrl, (client) => client.query(sql));

  const createDatabase: Postgres['createDatabase'] = async ({ template } = {}) => {
    const name = `rollcall_test_${randomBytes(8).toString('hex')}`;
    // This strategy copies the files. The default one also writes the 10 MB of a template to the
    // WAL, which takes 250 ms of CPU time instead of 30 ms while the WAL grows.
    await administer(`create database ${name}${template ? ` template ${template.name}` : ''} strategy file_copy`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    const database: TestDatabase = {
      name,
      url: url.href,
      async drop() {
        await administer(`drop database if exists ${name} with (force)`);
        undropped.delete(database);
      },
    };
    undropped.add(database);
    return database;
  };

  return {
    methods: {
      createDatabase,
      template(name, prepare) {
        const known = templates.get(name);
        if (known) return known;
        const prepared = createDatabase().then(async (database) => {
          await prepare(database.url);
          return database;
        });
        templates.set(name, prepared);
        return prepared;
      },
    },
    async dropAll() {
      for (const database of undropped) await database.drop();
      templates.clear();
    },
  };
}

export async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // A server that is killed during a query also breaks the connection outside of any query.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}
