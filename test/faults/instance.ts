import type { FailpointName } from '../../server/src/runtime/failpoints.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { redisUrlAt } from '../support/least-rights.ts';
import { type Exit, type StartedProcess, startProcess } from '../support/process.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { type Api, apiOf } from '../support/server.ts';
import { DatabaseLink } from './links/database-link.ts';
import { RedisLink } from './links/redis-link.ts';
import { TcpLink } from './links/tcp-link.ts';

const script = 'server/dist/main.js';
const startMsMax = 60_000;

export interface InstanceOptions {
  readonly number: number;
  readonly databaseName: string;
  readonly redisPort: number;
  /** The settings that all instances share. */
  readonly secret: string;
  readonly operatorToken: string;
  /** The origins of pages on other addresses, which are those of the links. */
  readonly allowedOrigins: string;
  /** Options of `node`, such as a module that removes a safeguard. */
  readonly nodeOptions: string;
  /** Called when it exited without being ended by the run. */
  onCrash(how: string): void;
  chance(): number;
  /** The port of the server that accepts writes, read at each connection. */
  databasePort(): number;
}

/** One server process on its own port. All its connections go through links. */
export class Instance {
  readonly #options: InstanceOptions;
  readonly port: number;
  readonly database: DatabaseLink;
  readonly redis: RedisLink;
  /** The link for REST. Subscribers have connections of their own. */
  readonly rest: TcpLink;
  readonly api: Api;
  #process: StartedProcess | null = null;
  /** Whether the instance has reported that it is ready, and was not frozen or ended since. */
  isUp = false;

  private constructor(options: InstanceOptions, port: number, database: DatabaseLink, redis: RedisLink, rest: TcpLink) {
    this.#options = options;
    this.port = port;
    this.database = database;
    this.redis = redis;
    this.rest = rest;
    this.api = apiOf(`http://127.0.0.1:${rest.port}`, options.operatorToken);
  }

  static async open(options: InstanceOptions): Promise<Instance> {
    const port = await freePort();
    const database = await DatabaseLink.open(() => options.databasePort());
    const redis = await RedisLink.open(
      () => options.redisPort,
      () => options.chance(),
    );
    const rest = await TcpLink.open({ target: () => port });
    return new Instance(options, port, database, redis, rest);
  }

  get number(): number {
    return this.#options.number;
  }

  get operatorToken(): string {
    return this.#options.operatorToken;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(armed?: { readonly name: FailpointName; readonly time: number }): Promise<void> {
    const { databaseName, secret, operatorToken, allowedOrigins, nodeOptions, number } = this.#options;
    const started = startProcess(
      ['start'],
      {
        PORT: String(this.port),
        DATABASE_URL: `postgres://postgres@127.0.0.1:${this.database.tcp.port}/${databaseName}`,
        REDIS_URL: redisUrlAt(this.redis.tcp.port),
        DATA_DIR: makeTemporaryDirectory('data'),
        INSTANCE_ID: `instance-${number}`,
        SECRET: secret,
        OPERATOR_TOKEN: operatorToken,
        ALLOWED_ORIGINS: allowedOrigins,
        LOG_LEVEL: 'error',
        // A few users write the whole history.
        LIMIT_STORED_BYTES_PER_CALLER: String(2 ** 40),
        ...(nodeOptions ? { NODE_OPTIONS: nodeOptions } : {}),
        ...(armed ? { ROLLCALL_FAILPOINT: `${armed.name}:${armed.time}` } : {}),
      },
      { script },
    );
    this.#process = started;
    started.exit.then(
      ({ code, signal }) => {
        if (this.#process !== started) return;
        this.#process = null;
        this.isUp = false;
        if (!armed) this.#options.onCrash(`instance ${number} ended with ${signal ?? `code ${code}`}: ${started.stderr.slice(-2_000)}`);
      },
      () => {},
    );
    try {
      await started.waitForLine(/is ready on/, startMsMax);
      this.isUp = this.#process === started;
    } catch (error) {
      // An armed instance may exit as soon as a client connects.
      if (!armed || this.#process) throw error;
    }
  }

  /** Waits until its bus has this status. */
  async hasBus(bus: string): Promise<void> {
    await eventually(
      async () => {
        const { body } = await this.api.operate('GET', '/health/');
        if (body.bus !== bus) throw new Error(`instance ${this.number} reports ${JSON.stringify(body)} about its bus`);
      },
      { timeoutMs: 10_000, intervalMs: 50 },
    );
  }

  /** Resolves when the process has exited by itself. */
  async ended(): Promise<Exit> {
    return this.#process?.exit ?? { code: null, signal: null };
  }

  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = null;
    this.isUp = false;
    await killed?.kill('SIGKILL');
  }

  freeze(): void {
    this.isUp = false;
    void this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    void this.#process?.kill('SIGCONT');
    this.isUp = true;
  }

  async close(): Promise<void> {
    await this.kill();
    await Promise.all([this.database.tcp, this.redis.tcp, this.rest].map((link) => link.close()));
  }
}
