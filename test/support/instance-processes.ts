import { randomBytes } from 'node:crypto';
import { eventually } from './eventually.ts';
import { aDatabaseForInstances } from './migrated-database.ts';
import { type StartedProcess, startProcess } from './process.ts';
import { sharedRedis } from './redis.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { type Api, apiOf } from './server.ts';

export interface InstanceProcess {
  readonly process: StartedProcess;
  readonly url: string;
  readonly operatorToken: string;
  readonly api: Api;
}

export interface InstanceProcesses {
  readonly instances: readonly InstanceProcess[];
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/**
 * Servers in separate processes that share a database, a secret and Redis. They start concurrently,
 * so they also share the migrations.
 *
 * @param environments the variables of each server besides the shared ones
 */
export async function startInstanceProcesses(environments: readonly Readonly<Record<string, string>>[]): Promise<InstanceProcesses> {
  const database = await aDatabaseForInstances();
  const operatorToken = randomBytes(24).toString('hex');
  const shared = {
    PORT: '0',
    DATABASE_URL: database.url,
    REDIS_URL: (await sharedRedis()).url,
    SECRET: randomBytes(24).toString('hex'),
    OPERATOR_TOKEN: operatorToken,
  };
  const processes = environments.map((own) => startProcess(['start'], { ...shared, DATA_DIR: makeTemporaryDirectory('data'), ...own }));
  const stop = async () => {
    await Promise.all(processes.map((process) => process.kill('SIGKILL')));
    await database.drop();
  };
  const connect = async (process: StartedProcess): Promise<InstanceProcess> => {
    const [, url] = await process.waitForLine(/is ready on (\S+)/, 60_000);
    const api = apiOf(url!, operatorToken);
    await eventually(async () => {
      const { body } = await api.operate('GET', '/health/');
      if (body.bus !== 'redis') throw new Error(`the bus is ${body.bus}`);
    });
    return { process, url: url!, operatorToken, api };
  };
  try {
    return { instances: await Promise.all(processes.map(connect)), databaseUrl: database.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
