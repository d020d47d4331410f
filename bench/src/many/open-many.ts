import { setTimeout as sleep } from 'node:timers/promises';
import { WireReplica } from '../../../test/support/wire-replica.ts';
import type { Instance } from '../contestants/instance.ts';
import type { Cluster, InstanceSlot } from '../load/cluster.ts';
import { readUsageOf } from '../measure/process-usage.ts';
import { quantile } from '../results.ts';
import type { OpeningResult } from './many-results.ts';

interface Connection {
  close(): void;
}

export interface OpeningTimes {
  /** The number that open at the same time. */
  readonly openingMax: number;
  /** The time from the end of the burst until memory is read again. */
  readonly openMs: number;
  /** The time from the end of all connections until memory is read again. */
  readonly leftMs: number;
}

/**
 * Opens all connections and closes them again. Each time includes the connection and the whole
 * snapshot.
 * @param opens opens one connection each
 * @param organizations the number that `burstBytes` and the others are divided by
 * @param whileOpen runs before the connections are closed
 */
export async function measureOpening<C extends Connection>(
  title: string,
  instances: readonly Instance[],
  opens: readonly (() => Promise<C>)[],
  organizations: number,
  { openingMax, openMs, leftMs }: OpeningTimes,
  whileOpen: (connections: readonly C[]) => Promise<void> = async () => {},
): Promise<OpeningResult> {
  const readBytes = async () => (await readUsageOf(instances.map(({ pid }) => pid))).rssBytes;
  const before = await readBytes();
  const bytesEach = async () => ((await readBytes()) - before) / organizations;
  const { connections, timings, seconds } = await openAll(opens, openingMax);
  const burstBytes = await bytesEach();
  await sleep(openMs);
  const openBytes = await bytesEach();
  await whileOpen(connections);
  for (const connection of connections) connection.close();
  await sleep(leftMs);
  return { title, perSecond: opens.length / seconds, p99Ms: quantile(timings, 0.99), burstBytes, openBytes, leftBytes: await bytesEach() };
}

/** @returns the durations in milliseconds, sorted */
async function openAll<C>(opens: readonly (() => Promise<C>)[], openingMax: number) {
  const waiting = [...opens];
  const connections: C[] = [];
  const timings: number[] = [];
  const openNext = async () => {
    for (let open = waiting.pop(); open; open = waiting.pop()) {
      const beganAt = performance.now();
      connections.push(await open());
      timings.push(performance.now() - beganAt);
    }
  };
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: openingMax }, openNext));
  timings.sort((a, b) => a - b);
  return { connections, timings, seconds: (performance.now() - beganAt) / 1_000 };
}

/**
 * Opens all organizations on the second instance, kills it, and opens them on the first, as the
 * clients of a dead instance do. Returns the milliseconds from the first connection until the last
 * replica is current.
 */
export async function reopenAfterKill(cluster: Cluster, token: string, orgIds: readonly string[], openingMax: number): Promise<number> {
  const [first, second] = cluster.slots as [InstanceSlot, InstanceSlot];
  const opensAt = ({ url }: InstanceSlot) => orgIds.map((orgId) => () => WireReplica.open(url, token, orgId));
  await openAll(opensAt(second), openingMax);
  await cluster.stopAt(second, 'SIGKILL');
  return (await openAll(opensAt(first), openingMax)).seconds * 1_000;
}
