import { setTimeout as sleep } from 'node:timers/promises';
import { CheckedReplica, type Violations } from './checked-replica.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterMeter, InstanceReading } from './instance-meter.ts';
import { sumOf } from './instance-meter.ts';
import type { ReconnectBurstResult, SlowSubscriberResult } from './load-results.ts';
import type { LoadSubscribers } from './load-subscribers.ts';
import type { WindowName } from './options.ts';
import type { Population } from './people.ts';
import { type SlowProxy, startSlowProxy } from './slow-proxy.ts';
import type { Writer } from './writer.ts';

/** The fault in each window of the run. */

export interface WindowContext {
  readonly cluster: Cluster;
  readonly population: Population;
  readonly subscribers: LoadSubscribers;
  readonly subscribersCount: number;
  readonly meter: ClusterMeter;
  readonly writer: Writer;
  readonly violations: Violations;
}

export interface WindowOutcome {
  readonly reconnectBurst?: ReconnectBurstResult;
  readonly slow?: {
    readonly replica: CheckedReplica;
    readonly proxy: SlowProxy;
    readonly behind: Omit<SlowSubscriberResult, 'p99Ratio' | 'hasRightState'>;
  };
}

/** Takes `durationMs`, or longer if the fault does. */
export const windowRuns: Readonly<Record<WindowName, (context: WindowContext, durationMs: number) => Promise<WindowOutcome>>> = {
  async calm(_context, durationMs) {
    await sleep(durationMs);
    return {};
  },
  async 'redis-down'({ cluster }, durationMs) {
    await cluster.redis.kill();
    await sleep(durationMs);
    await cluster.redis.restart();
    await cluster.waitForBus();
    return {};
  },
  'slow-subscriber': playSlowSubscriber,
  async 'rolling-restart'({ cluster }, durationMs) {
    const pauseMs = durationMs / (cluster.slots.length * 2);
    for (const slot of cluster.slots) {
      await sleep(pauseMs);
      await cluster.stopAt(slot, 'SIGTERM');
      await cluster.startAt(slot);
      await cluster.waitForBus();
      await sleep(pauseMs);
    }
    return {};
  },
  'reconnect-burst': playReconnectBurst,
};

const slowBytesPerSecond = 1_000;

async function playSlowSubscriber({ cluster, population, violations, writer }: WindowContext, durationMs: number): Promise<WindowOutcome> {
  const proxy = await startSlowProxy(Number(new URL(cluster.balancer.url).port), slowBytesPerSecond);
  const manager = population.people.find(({ role }) => role === 'manager')!;
  const replica = new CheckedReplica('slow subscriber', proxy.url, manager, population.org, violations);
  await sleep(durationMs);
  // The lag is computed here and not read from an instance, because that work would affect the
  // measured subscribers.
  const revisionsBehind = Math.max(0, writer.revision - (replica.handle.status.revision ?? 0));
  return { slow: { replica, proxy, behind: { bytesPerSecond: slowBytesPerSecond, revisionsBehind } } };
}

const burstMsMax = 30_000;
const pollMs = 50;

async function playReconnectBurst(
  { cluster, subscribers, subscribersCount, meter, writer }: WindowContext,
  durationMs: number,
): Promise<WindowOutcome> {
  const killed = cluster.slots[0]!;
  await cluster.stopAt(killed, 'SIGKILL');
  const start = performance.now();
  // For a killed instance, the meter continues with its last reading.
  const before = await meter.read();
  // This write follows the kill. It must reach every subscriber.
  const change = await writer.writeOne();
  let recoveredMs: number | null = null;
  while (recoveredMs === null && performance.now() - start < burstMsMax) {
    await sleep(pollMs);
    const { current } = await subscribers.countSubscribers(change);
    if (current === subscribersCount) recoveredMs = performance.now() - start;
  }
  const after = await meter.read();
  const grown = (read: (reading: InstanceReading) => number) => sumOf(after, read) - sumOf(before, read);
  const audiences = Math.max(0, ...after.map((reading) => reading.audiences));
  await sleep(Math.max(0, start + durationMs - performance.now()));
  return {
    reconnectBurst: {
      subscribers: subscribersCount,
      recoveredMs,
      snapshotBuilds: grown((one) => one.snapshotBuilds),
      snapshotBuildsMax: audiences * cluster.running.length,
      readsBeyondSweep: {
        credentials: grown((one) => one.credentialReads),
        names: grown((one) => one.nameReads),
        heads: grown((one) => one.headReads - one.sweeps),
        log: grown((one) => one.logReads),
      },
    },
  };
}
