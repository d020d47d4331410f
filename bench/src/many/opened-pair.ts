import { withClient } from '../../../test/support/postgres.ts';
import type { Instance } from '../contestants/instance.ts';
import { createHandMadeDatabase, handMadeGreeting, startPeer } from '../contestants/peers.ts';
import type { Cluster, InstanceSlot } from '../load/cluster.ts';
import { rollcallGreeting } from '../subscribers/greeting.ts';
import type { Opening } from './opener-process.ts';

/** Two instances of one contestant, to which many connections are opened. */
export interface OpenedPair {
  readonly title: string;
  /** The instances that run now. */
  readonly instances: readonly Instance[];
  /** One connection for each of some organizations, of which `first` is the first one. */
  openingsAt(instance: Instance, first: number, count: number): Opening[];
  /** Ends the second instance without notice. */
  killSecond(): Promise<void>;
  startSecond(): Promise<void>;
}

/** @param token of a member of all organizations */
export function rollcallPair(cluster: Cluster, token: string, orgIds: readonly string[]): OpenedPair {
  const [, second] = cluster.slots as [InstanceSlot, InstanceSlot];
  return {
    title: 'Rollcall',
    get instances() {
      return cluster.running.map(({ instance }) => instance!);
    },
    openingsAt: ({ url }, first, count) =>
      orgIds.slice(first, first + count).map((orgId) => ({ url, greeting: rollcallGreeting(token, orgId) })),
    killSecond: () => cluster.stopAt(second, 'SIGKILL'),
    async startSecond() {
      await cluster.startAt(second);
      await cluster.waitForBus();
    },
  };
}

/**
 * Starts the hand-made app, with the PostgreSQL and the Redis of the cluster. It has one room, so
 * each connection gets the rows of the same organization, as many as an organization has members.
 */
export async function startHandMadePair({ postgres, redis }: Cluster, rows: number): Promise<OpenedPair> {
  const { url } = await createHandMadeDatabase(postgres);
  await withClient(url, (client) => client.query('DELETE FROM teams WHERE id >= $1', [rows]));
  const start = () => startPeer('hand-made-app', { DATABASE_URL: url, REDIS_URL: redis.url });
  const instances = await Promise.all([start(), start()]);
  return {
    title: 'hand-made app',
    instances,
    openingsAt: (instance, _first, count) => Array.from({ length: count }, () => ({ url: instance.url, greeting: handMadeGreeting })),
    killSecond: () => instances[1].kill('SIGKILL'),
    async startSecond() {
      instances[1] = await start();
    },
  };
}
