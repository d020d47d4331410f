import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '../contestants/instance.ts';
import { forkProgram } from '../contestants/process.ts';
import type { Cluster, InstanceSlot } from '../load/cluster.ts';
import { readRssWithoutGarbage } from '../measure/load.ts';
import { quantile } from '../results.ts';
import { Calls } from '../subscribers/calls.ts';
import { rollcallGreeting } from '../subscribers/greeting.ts';
import type { OpeningResult } from './many-results.ts';
import type { OpenerMethods, Opening } from './opener-process.ts';

/**
 * The calls to a process that opens connections. It is one process for each contestant, which does
 * as little as possible, because it takes its CPU time from the servers.
 */
type OpenerCalls = Calls<OpenerMethods>;

export interface OpeningTimes {
  /** The number that open at the same time. */
  readonly openingMax: number;
  /** The time from the end of the burst until memory is read again. */
  readonly openMs: number;
  /** The time from the end of all connections until memory is read again. */
  readonly leftMs: number;
}

/**
 * Opens all connections and closes them again.
 * @param organizations the number that `burstBytes` and the others are divided by
 * @param whileOpen runs before the connections are closed
 */
export async function measureOpening(
  title: string,
  instances: readonly Instance[],
  openings: readonly Opening[],
  organizations: number,
  { openingMax, openMs, leftMs }: OpeningTimes,
  whileOpen: (calls: OpenerCalls) => Promise<void> = async () => {},
): Promise<OpeningResult> {
  return withOpener(async (calls) => {
    const before = await readRssWithoutGarbage(instances);
    const bytesEach = async () => ((await readRssWithoutGarbage(instances)) - before) / organizations;
    const { timings, seconds } = await calls.call('open', { openings, openingMax });
    const burstBytes = await bytesEach();
    await sleep(openMs);
    const openBytes = await bytesEach();
    await whileOpen(calls);
    await calls.call('close');
    await sleep(leftMs);
    const leftBytes = await bytesEach();
    return { title, perSecond: openings.length / seconds, p99Ms: quantile(timings, 0.99), burstBytes, openBytes, leftBytes };
  });
}

async function withOpener<T>(work: (calls: OpenerCalls) => Promise<T>): Promise<T> {
  const { child, kill } = forkProgram('many/opener-process.ts');
  try {
    return await work(new Calls<OpenerMethods>(child));
  } finally {
    await kill('SIGTERM');
  }
}

/** Members open the organizations on one instance, with one connection each. */
export function openingsAt(url: string, token: string, orgIds: readonly string[]): Opening[] {
  return orgIds.map((orgId) => ({ url, greeting: rollcallGreeting(token, orgId) }));
}

/**
 * Opens all organizations on the second instance, kills it, and opens them on the first, as the
 * clients of a dead instance do. Returns the milliseconds from the first connection until the last
 * replica is current.
 */
export async function reopenAfterKill(cluster: Cluster, token: string, orgIds: readonly string[], openingMax: number): Promise<number> {
  const [first, second] = cluster.slots as [InstanceSlot, InstanceSlot];
  return withOpener(async (calls) => {
    await calls.call('open', { openings: openingsAt(second.url, token, orgIds), openingMax });
    await cluster.stopAt(second, 'SIGKILL');
    await calls.call('close');
    const { seconds } = await calls.call('open', { openings: openingsAt(first.url, token, orgIds), openingMax });
    return seconds * 1_000;
  });
}
