import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { freePort } from '../support/free-port.ts';
import { startPostgres } from '../support/postgres.ts';
import { type StartedProcess, startProcess } from '../support/process.ts';
import { addMember, anOrganizationOf, aPerson, type Person } from '../support/provision.ts';
import { startRedis, startRedisCluster } from '../support/redis.ts';
import { makeTemporaryDirectory } from '../support/run-directory.ts';
import { apiOf } from '../support/server.ts';
import type { Target } from './attack.ts';
import { anAccountWithPassword, makeTarget } from './make-target.ts';
import { SilentReceiver } from './silent-receiver.ts';

/** One process of the built server. */
export interface AttackedInstance {
  readonly pid: number;
  /** The URL of the process's inspector. */
  readonly inspectorUrl: string;
}

/** The victim: two instances of the built server on a real PostgreSQL and Redis. */
export interface AttackedServer {
  /** One of each instance. */
  readonly urls: readonly string[];
  readonly instances: () => readonly AttackedInstance[];
  readonly slug: string;
  readonly owner: Person;
  readonly members: readonly Person[];
  /** The address and password of a user who logs in during the attack. */
  readonly login: { readonly username: string; readonly password: string };
  readonly target: Target;
  /** Null while the instances run, otherwise how the first one ended. */
  readonly end: () => string | null;
  /** Restarts the instances at the same ports, and resolves as soon as they are ready. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface AttackedServerOptions {
  readonly memberCount: number;
  /** The organizations of the user whom the attack `renames` renames. */
  readonly manyOrgs: number;
  /** Whether the instances use a Redis Cluster of three nodes. */
  readonly hasCluster: boolean;
}

const instanceCount = 2;
/** A busy machine takes a minute to start both and to migrate the database. */
const startMsMax = 180_000;

export async function startAttackedServer({ memberCount, manyOrgs, hasCluster }: AttackedServerOptions): Promise<AttackedServer> {
  const [postgres, redis, receiver] = await Promise.all([
    startPostgres({ own: true }),
    hasCluster ? startRedisCluster() : startRedis({ own: true }),
    SilentReceiver.start(),
  ]);
  const database = await postgres.createDatabase();
  const ports = await Promise.all(Array.from({ length: instanceCount }, freePort));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const operatorToken = randomBytes(24).toString('hex');
  const shared = {
    DATABASE_URL: database.url,
    REDIS_URL: 'urls' in redis ? redis.urls.join(' ') : redis.url,
    PUBLIC_URL: urls[0]!,
    SECRET: randomBytes(24).toString('hex'),
    OPERATOR_TOKEN: operatorToken,
    OUTBOUND_ALLOWED: receiver.address,
    LOG_LEVEL: 'error',
  };
  const dataDirs = ports.map(() => makeTemporaryDirectory('data'));
  let end: string | null = null;
  let processes: StartedProcess[] = [];
  let instances: AttackedInstance[] = [];
  const start = async () => {
    processes = ports.map((port, index) => {
      const process = startProcess(
        ['start'],
        { ...shared, PORT: String(port), DATA_DIR: dataDirs[index]! },
        { script: 'server/dist/bundle/main.js', nodeArgs: ['--inspect=127.0.0.1:0'] },
      );
      process.exit.then(({ code, signal }) => {
        if (processes.includes(process)) end ??= `an instance ended with ${signal ?? `code ${code}`}: ${process.stderr.slice(-2_000)}`;
      });
      return process;
    });
    instances = await Promise.all(processes.map(readyInstance));
  };
  const stopInstances = async () => {
    const stopped = processes;
    processes = [];
    await Promise.all(stopped.map((process) => process.kill('SIGTERM')));
  };
  const restart = async () => {
    await stopInstances();
    await start();
  };
  await start();

  const api = apiOf(urls[0]!, operatorToken);
  const owner = await aPerson(api, { hasSecondFactor: true });
  const org = await anOrganizationOf(api, owner);
  const members: Person[] = [];
  for (let number = 0; number < memberCount; number++) {
    const person = await aPerson(api);
    await addMember(api, org, person, 'member');
    members.push(person);
  }
  const mailDirs = dataDirs.map((dataDir) => path.join(dataDir, 'mail'));
  const provider = { address: receiver.address, port: await freePort() };
  const target = await makeTarget({
    api,
    ports,
    operatorToken,
    slug: org.slug,
    owner,
    mailDirs,
    receiverUrl: receiver.url,
    provider,
    manyOrgs,
  });
  const honest = await anAccountWithPassword(api, 'honest@example.com');
  const login = { username: honest.email, password: honest.password };
  const stop = async () => {
    await stopInstances();
    await Promise.all([postgres.stop(), redis.stop(), receiver.stop()]);
  };
  return { urls, instances: () => instances, slug: org.slug, owner, members, login, target, end: () => end, restart, stop };
}

async function readyInstance(process: StartedProcess): Promise<AttackedInstance> {
  const [, inspectorUrl = ''] = await process.waitForLine(/^Debugger listening on (ws:\S+)$/, startMsMax);
  await process.waitForLine(/is ready on/, startMsMax);
  return { pid: process.pid, inspectorUrl };
}
