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

export interface Place {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** The current process at this port. Null while there is none. */
  instance: Instance | null;
}

const busMsMax = 10_000;

export class Cluster implements AsyncDisposable {
  readonly postgres: Postgres;
  readonly redis: Redis;
  readonly databaseUrl: string;
  readonly places: readonly Place[];
  balancer!: Balancer;
  readonly operatorToken = randomBytes(24).toString('hex');
  readonly #secret = randomBytes(24).toString('hex');

  private constructor(postgres: Postgres, redis: Redis, databaseUrl: string, places: readonly Place[]) {
    this.postgres = postgres;
    this.redis = redis;
    this.databaseUrl = databaseUrl;
    this.places = places;
  }

  static async start(instances: number): Promise<Cluster> {
    const [postgres, redis] = await Promise.all([startPostgres({ own: true }), startRedis({ own: true })]);
    const places: Place[] = [];
    for (let number = 1; number <= instances; number++) {
      const port = await freePort();
      places.push({ name: `instance-${number}`, port, url: `http://127.0.0.1:${port}`, instance: null });
    }
    const cluster = new Cluster(postgres, redis, (await postgres.createDatabase()).url, places);
    cluster.balancer = await startBalancer(() => places.filter(({ instance }) => instance !== null).map(({ port }) => port));
    await Promise.all(places.map((place) => cluster.startAt(place)));
    await cluster.waitForBus();
    return cluster;
  }

  get urls(): string[] {
    return this.places.map(({ url }) => url);
  }

  get running(): Place[] {
    return this.places.filter(({ instance }) => instance !== null);
  }

  /** The operator's API of one instance. */
  operator(place: Place): Api {
    return apiOf(place.url, this.operatorToken);
  }

  /** Resolves when it is ready and in rotation. */
  async startAt(place: Place): Promise<void> {
    place.instance = await startRollcall({
      PORT: String(place.port),
      INSTANCE_ID: place.name,
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.redis.url,
      SECRET: this.#secret,
      OPERATOR_TOKEN: this.operatorToken,
    });
  }

  /**
   * SIGTERM removes it from the rotation first. After SIGKILL, the balancer finds it unreachable.
   * Resolves when its process has exited.
   */
  async stopAt(place: Place, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { instance } = place;
    if (signal === 'SIGTERM') place.instance = null;
    await instance?.kill(signal);
    place.instance = null;
  }

  /** Waits until all instances are connected by Redis. */
  async waitForBus(): Promise<void> {
    for (const place of this.running) {
      await eventually(
        async () => {
          const { body } = await this.operator(place).operate('GET', '/health/');
          if (body.bus !== 'redis') throw new Error(`the bus of ${place.name} is ${body.bus}`);
        },
        { timeoutMs: busMsMax, intervalMs: 50 },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.places.map(({ instance }) => instance?.kill('SIGKILL')));
    await this.balancer[Symbol.asyncDispose]();
    await Promise.all([this.postgres.stop(), this.redis.stop()]);
  }
}
