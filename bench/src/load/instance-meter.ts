import { readMetrics } from '../../../test/support/metrics.ts';
import type { Cluster, InstanceSlot } from './cluster.ts';

/**
 * An instance's own values at /metrics. Sums continue over restarts. The other values are current.
 */
export interface InstanceReading {
  readonly cpuSeconds: number;
  readonly snapshotBuilds: number;
  readonly resyncs: number;
  readonly gapsFoundBySweep: number;
  readonly credentialReads: number;
  readonly nameReads: number;
  readonly headReads: number;
  readonly logReads: number;
  readonly sweeps: number;
  readonly rssBytes: number;
  readonly unsentBytes: number;
  readonly sockets: number;
  readonly audiences: number;
  /** Since the last reading. */
  readonly loopDelayP99Ms: number;
}

const sums = {
  cpuSeconds: 'process_cpu_seconds_total',
  snapshotBuilds: 'rollcall_snapshot_builds_total',
  resyncs: 'rollcall_resyncs_total',
  gapsFoundBySweep: 'rollcall_gaps_found_by_sweep_total',
  credentialReads: 'rollcall_credential_reads_total',
  nameReads: 'rollcall_name_reads_total',
  headReads: 'rollcall_head_reads_total',
  logReads: 'rollcall_log_reads_total',
  sweeps: 'rollcall_sweeps_total',
} as const;
type Sum = keyof typeof sums;
const sumNames = Object.keys(sums) as Sum[];
const zero = Object.fromEntries(sumNames.map((name) => [name, 0])) as Record<Sum, number>;

const nobody = { rssBytes: 0, unsentBytes: 0, sockets: 0, audiences: 0, loopDelayP99Ms: 0 } as const;

class InstanceMeter {
  readonly #slot: InstanceSlot;
  readonly #operatorToken: string;
  /** The sums of earlier processes at this port. */
  #before = zero;
  #last: InstanceReading | null = null;
  #pid: number | null = null;

  constructor(slot: InstanceSlot, operatorToken: string) {
    this.#slot = slot;
    this.#operatorToken = operatorToken;
  }

  /** Without a process, the sums stay and the other values are 0. Null before the first reading. */
  async read(): Promise<InstanceReading | null> {
    const { instance } = this.#slot;
    const metrics = instance && (await readMetrics({ url: instance.url, operatorToken: this.#operatorToken }).catch(() => null));
    if (!instance || !metrics) return this.#last && { ...this.#last, ...nobody };
    if (this.#pid !== instance.pid && this.#last) this.#before = this.#last;
    this.#pid = instance.pid;
    const now = (name: string) => metrics.get(name) ?? 0;
    // A counter with reasons has one line per reason.
    const total = (name: string) => [...metrics].reduce((sum, [line, value]) => sum + (line.split('{')[0] === name ? value : 0), 0);
    const counted = sumNames.map((name) => [name, this.#before[name] + total(sums[name])]);
    this.#last = {
      ...(Object.fromEntries(counted) as Record<Sum, number>),
      rssBytes: now('process_resident_memory_bytes'),
      unsentBytes: now('rollcall_unsent_bytes'),
      sockets: now('rollcall_sockets'),
      audiences: now('rollcall_audiences'),
      loopDelayP99Ms: now('rollcall_event_loop_delay_seconds{percentile="99"}') * 1_000,
    };
    return this.#last;
  }
}

/** The sum over all instances of a cluster. */
export class ClusterMeter {
  readonly #meters: readonly InstanceMeter[];

  constructor(cluster: Cluster) {
    this.#meters = cluster.slots.map((slot) => new InstanceMeter(slot, cluster.operatorToken));
  }

  async read(): Promise<InstanceReading[]> {
    return (await Promise.all(this.#meters.map((meter) => meter.read()))).filter((reading) => reading !== null);
  }
}

/** All database queries for subscribers, including the sweeps. */
export function databaseReadsOf({ credentialReads, nameReads, headReads, logReads }: InstanceReading): number {
  return credentialReads + nameReads + headReads + logReads;
}

export function sumOf(readings: readonly InstanceReading[], read: (reading: InstanceReading) => number): number {
  return readings.reduce((sum, reading) => sum + read(reading), 0);
}
