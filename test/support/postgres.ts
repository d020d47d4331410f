// A real PostgreSQL for tests: DATABASE_URL if given, otherwise one that is started here.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync } from 'node:fs';
import { appendFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from './eventually.ts';
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

export interface StandbyOptions {
  /** Commits wait until the standby has them, so a failover loses no acknowledged write. */
  readonly isSynchronous: boolean;
}

/** A second server that replicates the first one by streaming. */
export interface Standby {
  readonly url: string;
  readonly port: number;
  /** Receives no later commits, so a failover loses them. A synchronous one would stop them. */
  detach(): Promise<void>;
  /**
   * Accepts writes in place of the primary, after its kill(). `url`, `port` and the methods of the
   * `Postgres` are those of this server from then on.
   */
  promote(): Promise<void>;
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
  /** Adds a standby on a port of its own. Restarts the server to copy its files. */
  addStandby(options: StandbyOptions): Promise<Standby>;
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
  const databases = throwawayDatabases(() => url);
  const refuse = async () => {
    throw new Error('this is the server of DATABASE_URL, which tests must not kill: start one with startPostgres({ own: true })');
  };
  const port = Number(new URL(url).port || 5432);
  return { url, port, ...databases.methods, stop: databases.dropAll, kill: refuse, restart: refuse, addStandby: refuse };
}

async function startOwnServer(durable: boolean, binaries: PostgresBinaries): Promise<Postgres> {
  const directory = makeTemporaryDirectory('postgres');
  if (binaries.user) chownSync(directory, binaries.user.uid, binaries.user.gid);
  let primary = await PostgresNode.create({ binaries, directory, durable });
  let standby: PostgresNode | null = null;
  await primary.start();
  let stopped = false;

  return {
    get url() {
      return primary.url;
    },
    get port() {
      return primary.port;
    },
    ...throwawayDatabases(() => primary.url).methods,
    async stop() {
      stopped = true;
      await Promise.all([primary.end('SIGQUIT'), standby?.end('SIGQUIT')]);
      await rm(directory, { recursive: true, force: true });
    },
    kill: () => primary.end('SIGKILL'),
    async restart() {
      if (stopped) throw new Error('this PostgreSQL was stopped permanently; use kill() to be able to restart it');
      await primary.end('SIGINT');
      await primary.start();
    },
    async addStandby({ isSynchronous }) {
      const added = await primary.addStandby(isSynchronous);
      standby = added;
      return {
        url: added.url,
        port: added.port,
        detach: () => added.detach(),
        async promote() {
          await primary.remove();
          await withClient(added.url, (client) => client.query('SELECT pg_promote()'));
          primary = added;
          standby = null;
        },
      };
    },
  };
}

interface NodeSetup {
  readonly binaries: PostgresBinaries;
  readonly directory: string;
  readonly durable: boolean;
}

/** The name by which a primary knows its standby. */
const standbyName = 'standby';
const synchronous = { synchronous_standby_names: `ANY 1 (${standbyName})` };

/** A server process with its files and its port. */
class PostgresNode {
  readonly port: number;
  readonly url: string;
  readonly #setup: NodeSetup;
  readonly #folder: string;
  #ownSettings: Readonly<Record<string, string>> = {};
  #process: ServerProcess | null = null;

  private constructor(setup: NodeSetup, port: number) {
    this.#setup = setup;
    this.#folder = path.join(setup.directory, `data-${port}`);
    this.port = port;
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  static async create(setup: NodeSetup): Promise<PostgresNode> {
    const node = new PostgresNode(setup, await freePort());
    const template = templateOf(setup.binaries);
    if (template !== null && existsSync(template)) {
      await run('cp', ['-a', template, node.#folder]);
      return node;
    }
    const args = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await node.#run(setup.binaries.initdb, args);
    if (template !== null) await node.#saveAs(template);
    return node;
  }

  async #saveAs(template: string): Promise<void> {
    const partial = `${template}-${process.pid}`;
    await run('cp', ['-a', this.#folder, partial]);
    // It fails if another process was faster.
    await rename(partial, template).catch(() => rm(partial, { recursive: true }));
  }

  async start(): Promise<void> {
    this.#process = await startAfterCrash(() => this.#startProcess());
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    await this.#process?.end(signal);
    this.#process = null;
  }

  /** Restarts this server with a standby. It doesn't run while its files are copied. */
  async addStandby(isSynchronous: boolean): Promise<PostgresNode> {
    await this.end('SIGINT');
    const standby = new PostgresNode(this.#setup, await freePort());
    await run('cp', ['-a', this.#folder, standby.#folder]);
    await standby.#write('standby.signal', '');
    const source = `host=127.0.0.1 port=${this.port} user=postgres application_name=${standbyName}`;
    // A setting in the file, because `detach` could not change an argument.
    await standby.#write('postgresql.auto.conf', `primary_conninfo = '${source}'\n`);
    this.#ownSettings = isSynchronous ? synchronous : {};
    await this.start();
    await standby.start();
    return standby;
  }

  async detach(): Promise<void> {
    await withClient(this.url, async (client) => {
      await client.query("ALTER SYSTEM SET primary_conninfo = ''");
      await client.query('SELECT pg_reload_conf()');
      await eventually(async () => assert.equal((await client.query('SELECT FROM pg_stat_wal_receiver')).rowCount, 0));
    });
  }

  /**
   * Removes everything of a killed server. The start that only checks the settings fails until the
   * last of its processes has exited, and removes the shared memory that they left behind.
   */
  async remove(): Promise<void> {
    await eventually(() => this.#run(this.#setup.binaries.postgres, ['--check']));
    await rm(this.#folder, { recursive: true });
  }

  #startProcess(): Promise<ServerProcess> {
    const { binaries, directory, durable } = this.#setup;
    return startServerProcess({
      command: binaries.postgres,
      args: ['-D', this.#folder, ...settings(this.port, durable, this.#ownSettings)],
      env: cleanEnvironment(),
      cwd: directory,
      logFile: `${this.#folder}.log`,
      user: binaries.user,
      // An immediate shutdown. Unlike SIGKILL, it leaves no shared memory behind.
      lastSignal: 'QUIT',
      ping: () => withClient(this.url, (client) => client.query('select 1')),
    });
  }

  #run(command: string, args: readonly string[]): Promise<string> {
    const { binaries, directory } = this.#setup;
    return run(command, [...args, '-D', this.#folder], { cwd: directory, env: cleanEnvironment(), ...binaries.user });
  }

  async #write(name: string, text: string): Promise<void> {
    const file = path.join(this.#folder, name);
    const { user } = this.#setup.binaries;
    await appendFile(file, text);
    if (user) chownSync(file, user.uid, user.gid);
  }
}

/**
 * The folder with the files of a new server, which the processes of a run copy. Making them takes a
 * second of CPU time. Null outside of a run of all tests.
 */
function templateOf({ initdb }: PostgresBinaries): string | null {
  const { TEMPLATES } = process.env;
  return TEMPLATES === undefined ? null : path.join(TEMPLATES, `postgres${path.dirname(initdb).replaceAll('/', '-')}`);
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

function settings(port: number, durable: boolean, own: Readonly<Record<string, string>>): string[] {
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
  return Object.entries({ ...always, ...(durable ? {} : fast), ...own }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** PG* variables of the developer's shell must not reach the server. */
export function cleanEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

interface ThrowawayDatabases {
  readonly methods: Pick<Postgres, 'createDatabase' | 'template'>;
  dropAll(): Promise<void>;
}

function throwawayDatabases(serverUrl: () => string): ThrowawayDatabases {
  const undropped = new Set<TestDatabase>();
  const templates = new Map<string, Promise<TestDatabase>>();
  const administer = (sql: string) => withClient(serverUrl(), (client) => client.query(sql));

  const createDatabase: Postgres['createDatabase'] = async ({ template } = {}) => {
    const name = `rollcall_test_${randomBytes(8).toString('hex')}`;
    // This strategy copies the files. The default one also writes the 10 MB of a template to the
    // WAL, which takes 250 ms of CPU time instead of 30 ms while the WAL grows.
    await administer(`create database ${name}${template ? ` template ${template.name}` : ''} strategy file_copy`);
    const url = new URL(serverUrl());
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
