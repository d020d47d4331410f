// A real Redis (or Valkey) for tests: REDIS_URL if given, otherwise one that is started here; and a
// cluster of three.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { hasLeastRights, redisRules, redisUrlAt, redisUser } from './least-rights.ts';
import { findRedis, type RedisBinary } from './redis-binaries.ts';
import { redisCommand } from './redis-command.ts';
import { makeTemporaryDirectory } from './run-directory.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { startedOnce } from './shared.ts';

export interface Redis {
  /** The URL for servers. */
  readonly url: string;
  /** The URL for tests that administer it, with all rights. */
  readonly adminUrl: string;
  readonly port: number;
  /** Ends it permanently. Does nothing to the server of REDIS_URL. */
  stop(): Promise<void>;
  /** Ends it like a crash. Nothing is kept on disk, except a cluster node's membership. */
  kill(): Promise<void>;
  /** Starts it again on the same port, after kill() or while it runs. It comes back empty. */
  restart(): Promise<void>;
  /**
   * Freezes it. Connections stay open, and the kernel even accepts new ones, but there is no
   * response.
   */
  pause(): void;
  resume(): void;
}

export interface RedisCluster {
  readonly nodes: readonly Redis[];
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

export interface StartRedisOptions {
  /** Starts a server even if REDIS_URL is given, for tests that kill or pause it. */
  readonly own?: boolean;
}

/**
 * One server for the whole test run, stopped after the last test. Not for tests that kill or pause
 * it.
 */
export const sharedRedis: () => Promise<Redis> = startedOnce(() => startRedis());

export async function startRedis({ own = false }: StartRedisOptions = {}): Promise<Redis> {
  const given = process.env.REDIS_URL;
  if (given && !own) return serverOfRedisUrl(given);
  return startOwnServer(await findRedis(), []);
}

/**
 * Three masters, each with a third of the slots, always started here. Losing one makes the cluster
 * refuse all commands after 1 s.
 */
export async function startRedisCluster(): Promise<RedisCluster> {
  const binary = await findRedis();
  const nodes = await Promise.all([0, 1, 2].map(() => startClusterNode(binary)));
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    await formCluster(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, urls: nodes.map((node) => node.url), stop };
}

interface ClusterNode extends Redis {
  readonly busPort: number;
}

async function startClusterNode(binary: RedisBinary): Promise<ClusterNode> {
  const busPort = await freePort();
  // The default bus port, port + 10000, could be taken. Naming it needs Redis 7, which sharded
  // pub/sub needs too.
  const args = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-node-timeout', '1000'];
  return { ...(await startOwnServer(binary, args)), busPort };
}

async function formCluster(nodes: readonly ClusterNode[]): Promise<void> {
  const slots = 16_384;
  await Promise.all(
    nodes.map(async ({ port }, index) => {
      const first = Math.ceil((index * slots) / nodes.length);
      const last = Math.ceil(((index + 1) * slots) / nodes.length) - 1;
      await redisCommand(port, 'cluster', 'addslotsrange', String(first), String(last));
      await redisCommand(port, 'cluster', 'set-config-epoch', String(index + 1));
    }),
  );
  // Every node is introduced to every other, because gossip alone takes a second longer.
  for (const { port } of nodes) {
    for (const other of nodes) {
      if (other.port !== port) await redisCommand(port, 'cluster', 'meet', '127.0.0.1', String(other.port), String(other.busPort));
    }
  }
  const everyNodeAgrees = async () => {
    for (const { port } of nodes) {
      const info = await redisCommand(port, 'cluster', 'info');
      if (!/cluster_state:ok/.test(info) || !/cluster_known_nodes:3/.test(info) || !/cluster_size:3/.test(info)) {
        throw new Error(`the cluster did not form; node ${port} reports:\n${info}`);
      }
    }
  };
  await eventually(everyNodeAgrees, { timeoutMs: 15_000 });
}

function serverOfRedisUrl(url: string): Redis {
  const refuse = () => {
    throw new Error('this is the server of REDIS_URL, which tests must not kill or pause: start one with startRedis({ own: true })');
  };
  return {
    url,
    adminUrl: url,
    port: Number(new URL(url).port || 6379),
    async stop() {},
    kill: async () => refuse(),
    restart: async () => refuse(),
    pause: refuse,
    resume: refuse,
  };
}

async function startOwnServer(binary: RedisBinary, extraArgs: readonly string[]): Promise<Redis> {
  const directory = makeTemporaryDirectory('redis');
  const port = await freePort();
  const start = () =>
    startServerProcess({
      command: binary.command,
      args: [
        ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory, ...extraArgs],
        ...(hasLeastRights ? ['--user', redisUser, ...redisRules()] : []),
      ],
      env: binary.env,
      cwd: directory,
      logFile: path.join(directory, 'log'),
      lastSignal: 'KILL',
      ping: () => redisCommand(port, 'ping'),
    });
  let server: ServerProcess | undefined = await start();
  let stopped = false;

  // SIGKILL, even for a paused one, because there is nothing to save.
  const kill = async () => {
    await server?.end('SIGKILL');
    server = undefined;
  };
  return {
    url: redisUrlAt(port),
    adminUrl: `redis://127.0.0.1:${port}`,
    port,
    kill,
    async stop() {
      stopped = true;
      await kill();
      await rm(directory, { recursive: true, force: true });
    },
    async restart() {
      if (stopped) throw new Error('this Redis was stopped permanently; use kill() to be able to restart it');
      await kill();
      server = await start();
    },
    pause: () => server?.signal('SIGSTOP'),
    resume: () => server?.signal('SIGCONT'),
  };
}
