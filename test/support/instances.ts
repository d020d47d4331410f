import { randomBytes } from 'node:crypto';
import type { Bus } from '../../server/src/bus/bus.ts';
import { eventually } from './eventually.ts';
import { aMigratedDatabase } from './migrated-database.ts';
import { startServer, type TestServer } from './server.ts';

export interface InstancesOptions {
  /** If absent, each instance has its own bus, and finds the changes of others by its sweep. */
  readonly redisUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The port of each instance, for tests in which all of them have one PUBLIC_URL. */
  readonly ports?: readonly number[];
  wrapBus?(bus: Bus): Bus;
}

export interface Instances {
  readonly servers: readonly TestServer[];
  /** The environment of another instance in a separate process. */
  readonly environment: Readonly<Record<'DATABASE_URL' | 'SECRET' | 'OPERATOR_TOKEN', string>>;
  /** Starts another instance on the same database and Redis. */
  add(): Promise<TestServer>;
  stop(): Promise<void>;
}

/**
 * Servers in this process that share a secret, a database and, if given, Redis. The database is a
 * new one, unless the environment has a DATABASE_URL.
 */
export async function startInstances(
  count: number,
  { redisUrl, environment: given = {}, ports = [], wrapBus }: InstancesOptions = {},
): Promise<Instances> {
  const { url, drop } = given.DATABASE_URL ? { url: given.DATABASE_URL, drop: async () => {} } : await aMigratedDatabase();
  const environment = {
    DATABASE_URL: url,
    SECRET: randomBytes(24).toString('hex'),
    OPERATOR_TOKEN: randomBytes(24).toString('hex'),
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
    ...given,
  };
  const servers: TestServer[] = [];
  const add = async () => {
    const port = ports[servers.length];
    const server = await startServer({ ...environment, ...(port === undefined ? {} : { PORT: String(port) }) }, wrapBus ? { wrapBus } : {});
    servers.push(server);
    return server;
  };
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await drop();
  };
  try {
    for (let number = 0; number < count; number++) await add();
    if (redisUrl) await Promise.all(servers.map((server) => hasBus(server, 'redis')));
  } catch (error) {
    await stop();
    throw error;
  }
  return { servers, environment, add, stop };
}

/** Waits until an instance's health endpoint reports this status of its bus. */
export function hasBus(server: TestServer, status: Bus['status']): Promise<void> {
  return eventually(
    async () => {
      const { body } = await server.operate('GET', '/health/');
      if (body.bus !== status) throw new Error(`waiting for the bus to be ${status}, the health endpoint returns ${JSON.stringify(body)}`);
    },
    { timeoutMs: 10_000 },
  );
}
