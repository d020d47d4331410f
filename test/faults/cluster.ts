import { randomBytes } from 'node:crypto';
import { createClient } from 'redis';
import { openPostgres } from '../../server/src/database/connections/database-postgres.ts';
import type { Database } from '../../server/src/database/database.ts';
import { createLog } from '../../server/src/runtime/log.ts';
import { aDatabaseForInstances } from '../support/migrated-database.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { findPostgresWithDump, type PostgresWithDump } from '../support/postgres-binaries.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import type { SeededRandom } from '../support/seeds.ts';
import { Instance } from './instance.ts';
import { TcpLink } from './links/tcp-link.ts';

export interface ClusterOptions {
  readonly random: SeededRandom;
  readonly instanceCount: number;
  /** Options for the servers' `node`. */
  readonly nodeOptions: string;
  onCrash(how: string): void;
}

interface ClusterParts {
  readonly random: SeededRandom;
  readonly postgres: Postgres;
  /** Null if pg_dump is not installed. */
  readonly programs: PostgresWithDump | null;
  readonly databaseName: string;
  readonly redis: Redis;
  /** The run's own connections to the database. No fault touches them. */
  readonly database: Database;
  /** Their address, which moves to a promoted standby as those of the instances do. */
  readonly databaseLink: TcpLink;
  readonly instances: readonly Instance[];
  readonly operatorToken: string;
  /**
   * A link to any instance for a client that sends an Origin, like a browser. Only this origin is
   * allowed.
   */
  readonly guestLink: TcpLink;
}

/** The servers, their services, and the links between them. */
export class Cluster {
  readonly parts: ClusterParts;
  /** Whether a fault blocks servers or connections, so that access ends only after it. */
  isBlocked = false;

  private constructor(parts: ClusterParts) {
    this.parts = parts;
  }

  static async open({ random, instanceCount, nodeOptions, onCrash }: ClusterOptions): Promise<Cluster> {
    // pg_dump refuses a server that is newer than itself.
    const programs = await findPostgresWithDump();
    const starting = startPostgres({ own: true, ...(programs && { binaries: programs.server }) });
    const [postgres, redis] = await Promise.all([starting, startRedis({ own: true })]);
    const { name: databaseName } = await aDatabaseForInstances(postgres);
    const operatorToken = randomBytes(24).toString('hex');
    const guestLink = await TcpLink.open({ target: () => cluster.pickInstance().port });
    const shared = {
      databaseName,
      databasePort: () => postgres.port,
      redisPort: redis.port,
      secret: randomBytes(24).toString('hex'),
      operatorToken,
      allowedOrigins: `http://127.0.0.1:${guestLink.port}`,
      nodeOptions,
      onCrash,
      chance: () => random.float(),
    };
    const numbers = Array.from({ length: instanceCount }, (_, index) => index + 1);
    const instances = await Promise.all(numbers.map((number) => Instance.open({ ...shared, number })));
    const databaseLink = await TcpLink.open({ target: () => postgres.port });
    const database = openPostgres(`postgres://postgres@127.0.0.1:${databaseLink.port}/${databaseName}`, createLog('silent'));
    const services = { postgres, programs, databaseName, redis, database, databaseLink };
    const cluster: Cluster = new Cluster({ random, ...services, instances, operatorToken, guestLink });
    try {
      await Promise.all(instances.map((instance) => instance.start()));
      await Promise.all(instances.map((instance) => instance.hasBus('redis')));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  get instances(): readonly Instance[] {
    return this.parts.instances;
  }

  /** The address of the database without a link. It changes with a promotion. */
  get databaseUrl(): string {
    return `postgres://postgres@127.0.0.1:${this.parts.postgres.port}/${this.parts.databaseName}`;
  }

  /** An instance that is up, like a balancer would choose. Any instance if none is up. */
  pickInstance(): Instance {
    const up = this.instances.filter(({ isUp }) => isUp);
    return this.parts.random.pick(up.length > 0 ? up : this.instances);
  }

  async publish(channel: string, messages: readonly string[]): Promise<void> {
    const client = createClient({ url: this.parts.redis.url });
    client.on('error', () => {});
    await client.connect();
    try {
      for (const message of messages) await client.publish(channel, message);
    } finally {
      client.destroy();
    }
  }

  async close(): Promise<void> {
    const { instances, guestLink, database, databaseLink, postgres, redis } = this.parts;
    await Promise.all(instances.map((instance) => instance.close()));
    await guestLink.close();
    await database.close();
    await databaseLink.close();
    await Promise.all([postgres.stop(), redis.stop()]);
  }
}
