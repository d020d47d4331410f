import { WireReplica } from '../../../test/support/wire-replica.ts';
import type { Cluster, InstanceSlot } from '../load/cluster.ts';
import { quantile } from '../results.ts';

export interface Opening {
  readonly replicas: readonly WireReplica[];
  readonly perSecond: number;
  readonly p99Ms: number;
}

/**
 * Opens a connection with one subscription for each organization, on each instance in turn. Each
 * time includes the connection, the credential and the whole snapshot.
 * @param openingMax the number that open at the same time
 */
export async function openMany(urls: readonly string[], token: string, orgIds: readonly string[], openingMax: number): Promise<Opening> {
  const waiting = urls.flatMap((url) => orgIds.map((orgId) => ({ url, orgId })));
  const count = waiting.length;
  const replicas: WireReplica[] = [];
  const timings: number[] = [];
  const openNext = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const beganAt = performance.now();
      replicas.push(await WireReplica.open(next.url, token, next.orgId));
      timings.push(performance.now() - beganAt);
    }
  };
  const beganAt = performance.now();
  await Promise.all(Array.from({ length: openingMax }, openNext));
  const seconds = (performance.now() - beganAt) / 1_000;
  timings.sort((a, b) => a - b);
  return { replicas, perSecond: count / seconds, p99Ms: quantile(timings, 0.99) };
}

/**
 * Opens all organizations on the second instance, kills it, and opens them on the first, as the
 * clients of a dead instance do. Returns the milliseconds from the first connection until the last
 * replica is current.
 */
export async function reopenAfterKill(cluster: Cluster, token: string, orgIds: readonly string[], openingMax: number): Promise<number> {
  const [first, second] = cluster.slots as [InstanceSlot, InstanceSlot];
  await openMany([second.url], token, orgIds, openingMax);
  await cluster.stopAt(second, 'SIGKILL');
  const beganAt = performance.now();
  await openMany([first.url], token, orgIds, openingMax);
  return performance.now() - beganAt;
}
