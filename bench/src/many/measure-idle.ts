import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { io, type Socket } from 'socket.io-client';
import type { Cluster } from '../load/cluster.ts';
import { readCpuTimes, usedBetween } from '../measure/cpu-time.ts';
import { readShrunkRss } from '../measure/load.ts';
import { waitUntilSteady } from '../measure/wait-until-idle.ts';
import type { CpuShares, IdleStep } from './many-results.ts';

/** Simultaneous subscriptions, below the rate at which a service may subscribe. */
const subscribingMax = 50;
/** Pings of each connection, far more than a client sends, so that their cost can be measured. */
const pingIntervalMs = 100;
/**
 * Organizations of the warm-up. V8 compiles the code that idle instances use, which otherwise
 * continues for minutes.
 */
const warmUpOrganizations = 500;
const warmUpPingMs = 5_000;

/** Services that are subscribed to organizations, with one connection to each instance. */
export class Followers {
  readonly #sockets: readonly Socket[];

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
  }

  static async connect(urls: readonly string[], token: string): Promise<Followers> {
    return new Followers(await Promise.all(urls.map((url) => connect(url, token))));
  }

  /**
   * Subscribes to more organizations, an equal part of them on each instance. No pings are sent, so
   * only the server's own work remains.
   */
  async follow(orgIds: readonly string[]): Promise<void> {
    const waiting = orgIds.map((orgId, index) => ({ orgId, socket: this.#sockets[index % this.#sockets.length]! }));
    const subscribeNext = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await subscribe(next.socket, next.orgId);
    };
    await Promise.all(Array.from({ length: subscribingMax }, subscribeNext));
  }

  /** Pings during the work. Resolves to the result, and the number of pongs. */
  async pingDuring<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly pongs: number }> {
    let pongs = 0;
    const count = () => pongs++;
    for (const socket of this.#sockets) socket.on('pong', count);
    let nonce = 0;
    const timer = setInterval(() => {
      for (const socket of this.#sockets) socket.emit('ping', { nonce: ++nonce });
    }, pingIntervalMs);
    const result = await work();
    clearInterval(timer);
    for (const socket of this.#sockets) socket.off('pong', count);
    if (pongs === 0) throw new Error('no pong arrived');
    return { result, pongs };
  }

  close(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }
}

async function connect(url: string, token: string): Promise<Socket> {
  const socket = io(url, { auth: { token, v: 1 }, transports: ['websocket'], reconnection: false, forceNew: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  return socket;
}

async function subscribe(socket: Socket, org: string): Promise<void> {
  const answer = await socket.timeout(30_000).emitWithAck('subscribe', { org });
  if (answer.mode !== 'snapshot') throw new Error(`subscribing to ${org} returned ${JSON.stringify(answer)}`);
}

/** Makes instances that have just started behave like those that have run for a while. */
export async function warmUp(cluster: Cluster, token: string, orgIds: readonly string[]): Promise<void> {
  const followers = await Followers.connect(cluster.urls, token);
  await followers.follow(orgIds.slice(0, warmUpOrganizations));
  await followers.pingDuring(() => sleep(warmUpPingMs));
  followers.close();
}

/**
 * Measures idle instances, and then the same instances while the services ping.
 * @param client connected to the database of the cluster
 */
export async function measureIdle(
  cluster: Cluster,
  client: pg.Client,
  followers: Followers,
  seconds: number,
): Promise<Omit<IdleStep, 'organizations'>> {
  await waitUntilSteady(pidsOf(cluster));
  const idle = await measureUse(cluster, client, seconds);
  const { result: pinging, pongs } = await followers.pingDuring(() => measureUse(cluster, client, seconds));
  const usEach = (of: keyof CpuShares) => ((pinging[of] - idle[of]) * seconds * 1_000_000) / pongs;
  const rssBytes = await readShrunkRss(cluster.running.map(({ instance }) => instance!));
  return { ...idle, rssBytes, pingUs: { instances: usEach('instances'), postgres: usEach('postgres') } };
}

function pidsOf(cluster: Cluster): number[] {
  return cluster.running.map(({ instance }) => instance!.pid);
}

/** @param client connected to the database of the cluster */
export async function measureUse(
  cluster: Cluster,
  client: pg.Client,
  seconds: number,
): Promise<CpuShares & Pick<IdleStep, 'transactionsPerSecond'>> {
  const pids = pidsOf(cluster);
  const before = await read(client, pids);
  const beganAt = performance.now();
  await sleep(seconds * 1_000);
  const after = await read(client, pids);
  const elapsedUs = (performance.now() - beganAt) * 1_000;
  return {
    instances: usedBetween(before.instances, after.instances) / elapsedUs,
    postgres: usedBetween(before.postgres, after.postgres) / elapsedUs,
    transactionsPerSecond: ((after.transactions - before.transactions) * 1_000_000) / elapsedUs,
  };
}

async function read(client: pg.Client, pids: readonly number[]) {
  // Statements outside of transactions are transactions of their own. Backends report them when
  // they are idle for a second.
  const { rows } = await client.query<{ pids: number[]; transactions: number }>(
    `SELECT array_agg(pid) AS pids, (SELECT xact_commit::float FROM pg_stat_database WHERE datname = current_database()) AS transactions
    FROM pg_stat_activity WHERE pid <> pg_backend_pid()`,
  );
  const { pids: backends, transactions } = rows[0]!;
  return { instances: await readCpuTimes(pids), postgres: await readCpuTimes(backends), transactions };
}
