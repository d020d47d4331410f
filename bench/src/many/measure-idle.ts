import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { io, type Socket } from 'socket.io-client';
import type { Cluster } from '../load/cluster.ts';
import { readCpuTimes, usedBetween } from '../measure/cpu-time.ts';
import { readUsageOf } from '../measure/process-usage.ts';
import type { CpuShares, IdleStep } from './many-results.ts';

/** Feeds are loaded, and caches are filled, before the measurement. */
const settleMs = 5_000;
/** Simultaneous subscriptions, below the rate at which a service may subscribe. */
const subscribingMax = 50;
/** Pings of each connection, far more than a client sends, so that their cost can be measured. */
const pingIntervalMs = 100;

/**
 * Subscribes services to the organizations, an equal part of them on each instance. One connection
 * per instance follows all of its organizations and sends no pings, so only the server's own work
 * remains.
 */
export async function follow(cluster: Cluster, token: string, orgIds: readonly string[]): Promise<Socket[]> {
  const sockets = await Promise.all(cluster.urls.map((url) => connect(url, token)));
  const waiting = orgIds.map((orgId, index) => ({ orgId, socket: sockets[index % sockets.length]! }));
  const subscribeNext = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await subscribe(next.socket, next.orgId);
  };
  await Promise.all(Array.from({ length: subscribingMax }, subscribeNext));
  return sockets;
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

/**
 * Measures idle instances, and then the same instances while the services ping.
 * @param client connected to the database of the cluster
 */
export async function measureIdle(
  cluster: Cluster,
  client: pg.Client,
  sockets: readonly Socket[],
  seconds: number,
): Promise<Omit<IdleStep, 'organizations'>> {
  await sleep(settleMs);
  const idle = await measureUse(cluster, client, seconds);
  let pongs = 0;
  for (const socket of sockets) socket.on('pong', () => pongs++);
  let nonce = 0;
  const timer = setInterval(() => {
    for (const socket of sockets) socket.emit('ping', { nonce: ++nonce });
  }, pingIntervalMs);
  const pinging = await measureUse(cluster, client, seconds);
  clearInterval(timer);
  if (pongs === 0) throw new Error('no pong arrived');
  const usEach = (of: keyof CpuShares) => ((pinging[of] - idle[of]) * seconds * 1_000_000) / pongs;
  return { ...idle, pingUs: { instances: usEach('instances'), postgres: usEach('postgres') } };
}

/** @param client connected to the database of the cluster */
export async function measureUse(
  cluster: Cluster,
  client: pg.Client,
  seconds: number,
): Promise<Omit<IdleStep, 'organizations' | 'pingUs'>> {
  const pids = cluster.running.map(({ instance }) => instance!.pid);
  const before = await read(client, pids);
  const beganAt = performance.now();
  await sleep(seconds * 1_000);
  const after = await read(client, pids);
  const elapsedUs = (performance.now() - beganAt) * 1_000;
  return {
    instances: usedBetween(before.instances, after.instances) / elapsedUs,
    postgres: usedBetween(before.postgres, after.postgres) / elapsedUs,
    transactionsPerSecond: ((after.transactions - before.transactions) * 1_000_000) / elapsedUs,
    rssBytes: after.rssBytes,
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
  const { rssBytes } = await readUsageOf(pids);
  return { instances: await readCpuTimes(pids), postgres: await readCpuTimes(backends), transactions, rssBytes };
}
