import { randomBytes } from 'node:crypto';
import { eventually } from '../../../test/support/eventually.ts';
import { freePort } from '../../../test/support/free-port.ts';
import { type Postgres, startPostgres } from '../../../test/support/postgres.ts';
import { type Redis, startRedis } from '../../../test/support/redis.ts';
import { type Api, apiOf } from '../../../test/support/server.ts';
import type { Instance } from '../contestants/instance.ts';
import { startRollcall } from '../contestants/start-rollcall.ts';
import { type Balancer, startBalancer } from './balancer.ts';

/** One PostgreSQL, one Redis, several instances on fixed ports, and a balancer in front of them. */

export interface InstanceSlot {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** The current process at this port. Null while there is none. */
  instance: Instance | null;
}

const busMsMax = 60_000;

export class Cluster implements AsyncDisposable {
  readonly postgres: Postgres;
  readonly redis: Redis;
  readonly databaseUrl: string;
  readonly slots: readonly InstanceSlot[];
  balancer!: Balancer;
  readonly operatorToken = randomBytes(24).toString('hex');
  readonly #secret = randomBytes(24).toString('hex');
  readonly #settings: Readonly<Record<string, string>>;

  private constructor(
    postgres: Postgres,
    redis: Redis,
    databaseUrl: string,
    slots: readonly InstanceSlot[],
    settings: Readonly<Record<string, string>>,
  ) {
    this.postgres = postgres;
    this.redis = redis;
    this.databaseUrl = databaseUrl;
    this.slots = slots;
    this.#settings = settings;
  }

  /** @param settings of all instances, besides those that they share in every run */
  static async start(instances: number, settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
    const [postgres, redis] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true })]);
    const slots: InstanceSlot[] = [];
    for (let number = 1; number <= instances; number++) {
      const port = await freePort();
      slots.push({ name: `instance-${number}`, port, url: `http://127.0.0.1:${port}`, instance: null });
    }
    const cluster = new Cluster(postgres, redis, (await postgres.createDatabase()).url, slots, settings);
    cluster.balancer = await startBalancer(() => slots.filter(({ instance }) => instance !== null).map(({ port }) => port));
    await Promise.all(slots.map((slot) => cluster.startAt(slot)));
    await cluster.waitForBus();
    return cluster;
  }

  get urls(): string[] {
    return this.slots.map(({ url }) => url);
  }

  get running(): InstanceSlot[] {
    return this.slots.filter(({ instance }) => instance !== null);
  }

  /** The settings that all instances share. */
  get environment() {
    return {
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.redis.url,
      SECRET: this.#secret,
      OPERATOR_TOKEN: this.operatorToken,
      ...this.#settings,
    };
  }

  /** The operator's API of one instance. */
  operator(slot: InstanceSlot): Api {
    return apiOf(slot.url, this.operatorToken);
  }

  /** Resolves when it is ready and in rotation. */
  async startAt(slot: InstanceSlot): Promise<void> {
    slot.instance = await startRollcall({ PORT: String(slot.port), INSTANCE_ID: slot.name, ...this.environment });
  }

  /**
   * SIGTERM removes it from the rotation first. After SIGKILL, the balancer finds it unreachable.
   * Resolves when its process has exited.
   */
  async stopAt(slot: InstanceSlot, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { instance } = slot;
    if (signal === 'SIGTERM') slot.instance = null;
    await instance?.kill(signal);
    slot.instance = null;
  }

  /** Waits until all instances are connected by Redis. */
  async waitForBus(): Promise<void> {
    for (const slot of this.running) {
      await eventually(
        async () => {
          const { body } = await this.operator(slot).operate('GET', '/health/');
          if (body.bus !== 'redis') throw new Error(`the bus of ${slot.name} is ${body.bus}`);
        },
        { timeoutMs: busMsMax, intervalMs: 50 },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.slots.map(({ instance }) => instance?.kill('SIGKILL')));
    await this.balancer[Symbol.asyncDispose]();
    await Promise.all([this.postgres.stop(), this.redis.stop()]);
  }
}
