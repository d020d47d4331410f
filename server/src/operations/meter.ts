import type { InstanceSample, Timing } from '@rollcall/protocol';
import type { BusStatus } from '../bus/bus.ts';
import type { LoopDelay } from '../runtime/metrics/loop-delay.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import { type Bucket, bucketsSince, quantileOf } from './buckets.ts';

/** Counters that only grow, since the start of the process. */
interface Totals {
  readonly frames: number;
  readonly gaps: number;
  readonly resyncs: Readonly<Record<string, number>>;
  readonly delivery: readonly Bucket[];
  readonly endToClose: readonly Bucket[];
}

const none: Totals = { frames: 0, gaps: 0, resyncs: {}, delivery: [], endToClose: [] };

export interface MeterDeps {
  readonly metrics: Metrics;
  readonly bus: { readonly status: BusStatus };
  /**
   * A monitor of its own, because each read resets a monitor. If Prometheus and the samples shared
   * one, each would miss the delays that the other has read.
   */
  readonly loopDelay: LoopDelay;
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970. */
  wallNow(): number;
}

/** Takes samples of this process, from the same numbers that Prometheus reads. */
export class Meter {
  readonly #deps: MeterDeps;
  #before = none;
  #takenAt: number;

  constructor(deps: MeterDeps) {
    this.#deps = deps;
    this.#takenAt = deps.now();
  }

  /**
   * Returns the current state of the process, and its work since the last call. Calls must not
   * overlap.
   */
  async take(): Promise<InstanceSample> {
    const { now, wallNow, bus, loopDelay } = this.#deps;
    const before = this.#before;
    const totals = await this.#readTotals();
    const intervalMs = Math.max(1, Math.round(now() - this.#takenAt));
    this.#before = totals;
    this.#takenAt = now();
    const loopDelayMs = { p50: rounded(loopDelay.lateMs(50)), p99: rounded(loopDelay.lateMs(99)) };
    loopDelay.reset();
    const { total = 0, idle = 0, waiting = 0 } = await this.#readByLabel('rollcall_pool_connections', 'state');
    return {
      at: Math.round(wallNow()),
      intervalMs,
      sockets: await this.#readSum('rollcall_sockets'),
      subscriptions: await this.#readSum('rollcall_subscriptions'),
      deliveriesPerSecond: rounded((1_000 * (totals.frames - before.frames)) / intervalMs),
      deliveryMs: timingOf(bucketsSince(before.delivery, totals.delivery)),
      endToCloseMs: timingOf(bucketsSince(before.endToClose, totals.endToClose)),
      loopDelayMs,
      resyncs: risesOf(before.resyncs, totals.resyncs),
      gaps: totals.gaps - before.gaps,
      staleReplicas: await this.#readSum('rollcall_stale_replicas'),
      bus: bus.status,
      pool: { total, idle, waiting },
    };
  }

  async #readTotals(): Promise<Totals> {
    return {
      frames: await this.#readSum('rollcall_frames_sent_total'),
      gaps: await this.#readSum('rollcall_gaps_found_by_sweep_total'),
      resyncs: await this.#readByLabel('rollcall_resyncs_total', 'reason'),
      delivery: await this.#readBuckets('rollcall_delivery_seconds'),
      endToClose: await this.#readBuckets('rollcall_end_to_close_seconds'),
    };
  }

  async #readSum(name: string): Promise<number> {
    return (await this.#deps.metrics.read(name)).reduce((sum, { value }) => sum + value, 0);
  }

  async #readByLabel(name: string, label: string): Promise<Record<string, number>> {
    const values = await this.#deps.metrics.read(name);
    return Object.fromEntries(values.filter(({ labels }) => label in labels).map(({ labels, value }) => [labels[label], value]));
  }

  async #readBuckets(name: string): Promise<Bucket[]> {
    const values = await this.#deps.metrics.read(name);
    const buckets = values.filter((one) => one.name === `${name}_bucket`);
    return buckets.map(({ labels, value }) => ({ upTo: labels.le === '+Inf' ? Infinity : Number(labels.le), count: value }));
  }
}

function timingOf(buckets: readonly Bucket[]): Timing | null {
  const [p50, p99] = [quantileOf(buckets, 0.5), quantileOf(buckets, 0.99)];
  return p50 === null || p99 === null ? null : { p50: rounded(1_000 * p50), p99: rounded(1_000 * p99) };
}

function risesOf(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): Record<string, number> {
  const rises = Object.entries(now).map(([reason, value]) => [reason, value - (before[reason] ?? 0)] as const);
  return Object.fromEntries(rises.filter(([, rise]) => rise > 0));
}

/** Rounds to hundredths. More digits would only make the messages longer. */
function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
