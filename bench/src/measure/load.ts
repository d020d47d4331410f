import { setTimeout as sleep } from 'node:timers/promises';
import type { Contestant, Pair } from '../contestants/contestant.ts';
import type { Instance } from '../contestants/instance.ts';
import { collectSignal } from '../contestants/process.ts';
import { nowUs } from '../marker.ts';
import { changesPerSecond, type Options, writers } from '../options.ts';
import type { Publisher } from '../publisher.ts';
import type { Subscribers } from '../subscribers/subscribers.ts';
import { readUsageOf } from './process-usage.ts';

/** A running contestant with all its subscribers connected. */
export interface Running {
  readonly contestant: Contestant;
  readonly pair: Pair;
  readonly subscribers: Subscribers;
  readonly publisher: Publisher;
  readonly rssPerConnectionBytes: number;
}

export type LoadName = 'paced' | 'saturated';

/** The percentiles of the latency plots. */
export const plottedPercentiles = [1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9];

export interface Measured {
  readonly writesPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** User and system time of both server processes. */
  readonly cpuUsPerDelivery: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** In the order of {@link plottedPercentiles}. */
  readonly percentilesMs: readonly number[];
  readonly deliveriesPerMessage: number;
  readonly bytesPerMessage: number;
  /**
   * Deliveries divided by successful writes times subscribers. Below 1 if a newer value overtook an
   * older one.
   */
  readonly deliveredShare: number;
  readonly reconnects: number;
}

/**
 * Measures from an idle start until everything has arrived, so that the latencies and the CPU
 * include everything in flight.
 */
export async function measureLoad(running: Running, load: LoadName, options: Options): Promise<Measured> {
  const { publisher, subscribers } = running;
  // The paced load alone would take minutes until its code is compiled. One writer achieves that in
  // seconds.
  await publisher.writeFlatOut(load === 'paced' ? 1 : writers, options.warmUpMs);
  await subscribers.waitUntilQuiet();
  await subscribers.reset();

  const pids = running.pair.instances.map(({ pid }) => pid);
  const before = await readUsageOf(pids);
  const startUs = nowUs();
  const written = await (load === 'paced'
    ? publisher.writeAtRate(changesPerSecond, options.pacedMs)
    : publisher.writeFlatOut(writers, options.saturatedMs));
  const writingSeconds = (nowUs() - startUs) / 1e6;
  await subscribers.waitUntilQuiet();
  const after = await readUsageOf(pids);

  const { deliveries, messages, bytes, lastUs, latencies, reconnects } = await subscribers.read();
  return {
    writesPerSecond: written / writingSeconds,
    deliveriesPerSecond: deliveries / ((lastUs - startUs) / 1e6),
    cpuUsPerDelivery: ((after.cpuMs - before.cpuMs) * 1_000) / deliveries,
    p50Ms: latencies.percentile(50),
    p99Ms: latencies.percentile(99),
    percentilesMs: plottedPercentiles.map((percent) => latencies.percentile(percent)),
    deliveriesPerMessage: deliveries / messages,
    bytesPerMessage: bytes / messages,
    deliveredShare: deliveries / (written * options.subscribers),
    reconnects,
  };
}

/**
 * Connects all subscribers, and measures the server memory, in bytes, of each of the second half.
 * The first half absorbs what a server still allocates after its start.
 */
export async function measureConnecting(pair: Pair, subscribers: Subscribers, count: number, teams: number): Promise<number> {
  const half = Math.ceil(count / 2);
  await subscribers.connect(pair, half, teams);
  const before = await readRssWithoutGarbage(pair.instances);
  await subscribers.connect(pair, count, teams);
  const after = await readRssWithoutGarbage(pair.instances);
  return (after - before) / (count - half);
}

/**
 * After this time, what a connection needs only at its start is freed, and garbage collection has
 * finished.
 */
const memorySettlesMs = 400;

/** The time between two readings of memory, and their difference when it no longer shrinks. */
const shrinkIntervalMs = 5_000;
const shrunkBytesMax = 1_000_000;

/**
 * Reads the memory when it no longer shrinks. A process that has just started gives back some 50 MB
 * in its first 20 s.
 */
export async function readShrunkRss(instances: readonly Instance[]): Promise<number> {
  for (let before = Number.POSITIVE_INFINITY; ; await sleep(shrinkIntervalMs)) {
    const bytes = await readRssWithoutGarbage(instances);
    if (before - bytes < shrunkBytesMax) return bytes;
    before = bytes;
  }
}

export async function readRssWithoutGarbage(instances: readonly Instance[]): Promise<number> {
  const pids = instances.map(({ pid }) => pid);
  await sleep(memorySettlesMs);
  for (const pid of pids) process.kill(pid, collectSignal);
  await sleep(memorySettlesMs);
  return (await readUsageOf(pids)).rssBytes;
}
