import type { Machine } from '../report/machine.ts';
import type { LoadCount } from './load-reception.ts';
import type { LoadOptions, WindowName } from './options.ts';

/** All that was measured; written as JSON as it is. Times of a run are milliseconds since its load began. */
export interface LoadResults {
  readonly startedAt: string;
  readonly machine: Machine;
  readonly loadBefore: number;
  readonly options: LoadOptions;
  readonly connecting: Connecting;
  readonly windows: readonly WindowResult[];
  readonly samples: readonly Sample[];
  readonly storm: StormResult | null;
  readonly slowSubscriber: SlowSubscriberResult | null;
  readonly law: LawResult;
}

export interface Connecting {
  readonly durationMs: number;
  /** Over all instances, after a collection of garbage, for each of the second half. NaN with fewer than 100 of them. */
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
  /** Of the raw subscribers. */
  readonly sinceCommit: Distribution;
  readonly sinceSent: Distribution;
  /** By `plottedPercentiles`. */
  readonly percentilesMs: readonly number[];
  readonly outages: Distribution;
  readonly counts: Readonly<Record<LoadCount, number>>;
  readonly revokeToClose: Distribution;
  /** User and system, of all instances. */
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
  /** NaN where nothing was delivered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly written: number;
  /** Of one core, all instances together. */
  readonly cpuCores: number;
  readonly rssBytes: number;
  readonly loopDelayP99Ms: number;
  readonly live: number;
}

export interface StormResult {
  readonly subscribers: number;
  /** From the kill until everybody was live again and held a change written after it. Null when that never came. */
  readonly recoveredMs: number | null;
  readonly snapshotBuilds: number;
  /** Audiences, times the instances that were left. */
  readonly snapshotBuildsMax: number;
  readonly readsBeyondSweep: Readonly<Record<'credentials' | 'names' | 'heads' | 'log', number>>;
}

export interface SlowSubscriberResult {
  readonly bytesPerSecond: number;
  readonly revisionsBehind: number;
  /** Of the healthy ones, against the calm part. */
  readonly p99Ratio: number;
  readonly hasRightState: boolean;
}

export interface LawResult {
  readonly replicas: number;
  readonly violationCount: number;
  /** The first ones. */
  readonly violations: readonly string[];
  readonly written: number;
  /** Beyond the SDK's own three tries. */
  readonly triedAgain: number;
  readonly failed: number;
  readonly failures: readonly string[];
  /** Raw subscribers that hold an old version of anything at the end. */
  readonly stale: number;
  readonly removals: number;
}
