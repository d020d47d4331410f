import type { Machine } from '../report/machine.ts';
import type { LoadCount } from './load-reception.ts';
import type { LoadOptions, WindowName } from './options.ts';

/**
 * All measurements, written as JSON without conversion. Times of a run are milliseconds since the
 * start of its load.
 */
export interface LoadResults {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly loadBefore: number;
  readonly options: LoadOptions;
  readonly connecting: Connecting;
  readonly windows: readonly WindowResult[];
  readonly samples: readonly Sample[];
  readonly reconnectBurst: ReconnectBurstResult | null;
  readonly slowSubscriber: SlowSubscriberResult | null;
  readonly consistency: ConsistencyResult;
}

export interface Connecting {
  readonly durationMs: number;
  /**
   * The memory of all instances after garbage collection, per connection of the second half. NaN
   * with fewer than 100 connections.
   */
  readonly rssPerConnectionBytes: number;
}

export interface Distribution {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface WindowResult {
  readonly name: WindowName;
  readonly fromMs: number;
  readonly toMs: number;
  readonly written: number;
  readonly deliveries: number;
  readonly deliveriesPerSecond: number;
  readonly deliveriesPerMessage: number;
  readonly bytesPerMessage: number;
  /** Measured by the raw subscribers. */
  readonly sinceCommit: Distribution;
  readonly sinceSent: Distribution;
  /** In the order of `plottedPercentiles`. */
  readonly percentilesMs: readonly number[];
  readonly outages: Distribution;
  readonly counts: Readonly<Record<LoadCount, number>>;
  readonly revokeToClose: Distribution;
  /** User and system time of all instances. */
  readonly cpuUsPerDelivery: number;
  readonly snapshotBuilds: number;
  readonly databaseReads: number;
  readonly sweeps: number;
  readonly gapsFoundBySweep: number;
  readonly unsentBytesMax: number;
  readonly rssGrowthBytes: number;
}

/** One second. */
export interface Sample {
  readonly atMs: number;
  readonly deliveriesPerSecond: number;
  /** NaN without deliveries. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly written: number;
  /** The cores that all instances together used. */
  readonly cpuCores: number;
  readonly rssBytes: number;
  readonly loopDelayP99Ms: number;
  readonly live: number;
}

export interface ReconnectBurstResult {
  readonly subscribers: number;
  /**
   * The time from the kill until all subscribers were live again and had a change that was written
   * after it. Null if that never happened.
   */
  readonly recoveredMs: number | null;
  readonly snapshotBuilds: number;
  /** The number of audiences times the number of remaining instances. */
  readonly snapshotBuildsMax: number;
  readonly readsBeyondSweep: Readonly<Record<'credentials' | 'names' | 'heads' | 'log', number>>;
}

export interface SlowSubscriberResult {
  readonly bytesPerSecond: number;
  readonly revisionsBehind: number;
  /** The p99 of the healthy subscribers, relative to the calm window. */
  readonly p99Ratio: number;
  readonly hasRightState: boolean;
}

export interface ConsistencyResult {
  readonly replicas: number;
  readonly violationCount: number;
  /** The first violations. */
  readonly violations: readonly string[];
  readonly written: number;
  /** Writes that needed more than the three attempts of the SDK. */
  readonly triedAgain: number;
  readonly failed: number;
  readonly failures: readonly string[];
  /** Raw subscribers with an old version of any record at the end. */
  readonly stale: number;
  readonly removals: number;
}
