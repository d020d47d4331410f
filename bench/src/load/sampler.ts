import { plottedPercentiles } from '../measure/load.ts';
import { Latencies } from '../subscribers/latencies.ts';
import type { CommitLog } from './commit-log.ts';
import { distributionOf } from './distribution.ts';
import { type ClusterMeter, databaseReadsOf, type InstanceReading, sumOf } from './instance-meter.ts';
import { type LoadCount, type LoadReceived, loadCounts } from './load-reception.ts';
import type { Sample, WindowResult } from './load-results.ts';
import type { LoadSubscribers } from './load-subscribers.ts';
import type { WindowName } from './options.ts';
import type { Revocations } from './revocations.ts';
import type { Writer } from './writer.ts';

/** Samples everything once per second, and adds it up for the current window of the run. */

const everyWrite = { record: 0, version: 0 };
/**
 * A shorter sample is merged into the next one. At the ends of a window, the rate of a moment would
 * look like a fault.
 */
const sampleMsMin = 500;

export interface Sources {
  readonly subscribers: LoadSubscribers;
  readonly commits: CommitLog;
  readonly meter: ClusterMeter;
  readonly writer: Writer;
  readonly revocations: Revocations;
}

/** Counters that only grow. Their difference is what happened between two samples. */
interface Totals {
  readonly written: number;
  readonly readings: readonly InstanceReading[];
}

class OpenWindow {
  readonly sinceSent = new Latencies();
  readonly sinceCommit = new Latencies();
  readonly outages = new Latencies();
  readonly counts = Object.fromEntries(Object.keys(loadCounts).map((what) => [what, 0])) as Record<LoadCount, number>;
  deliveries = 0;
  messages = 0;
  bytes = 0;
  unsentBytesMax = 0;
  readonly name: WindowName;
  readonly fromMs: number;
  readonly before: Totals;

  constructor(name: WindowName, fromMs: number, before: Totals) {
    this.name = name;
    this.fromMs = fromMs;
    this.before = before;
  }
}

export class Sampler {
  readonly samples: Sample[] = [];
  readonly windows: WindowResult[] = [];
  readonly #sources: Sources;
  readonly #start = performance.now();
  #window: OpenWindow | null = null;
  #latest: Totals;
  /** The end of the last sample, and the values since then. */
  #sampled: Totals & { readonly atMs: number };
  readonly #sinceCommit = new Latencies();
  #deliveries = 0;
  #sampling: Promise<void> = Promise.resolve();

  private constructor(sources: Sources, readings: readonly InstanceReading[]) {
    this.#sources = sources;
    this.#latest = { written: sources.writer.written, readings };
    this.#sampled = { atMs: 0, ...this.#latest };
  }

  /** Earlier values don't count. */
  static async start(sources: Sources): Promise<Sampler> {
    await sources.subscribers.take(await sources.commits.read());
    return new Sampler(sources, await sources.meter.read());
  }

  get nowMs(): number {
    return performance.now() - this.#start;
  }

  async open(name: WindowName): Promise<void> {
    await this.sample();
    this.#window = new OpenWindow(name, this.nowMs, this.#latest);
  }

  async close(): Promise<void> {
    await this.sample();
    this.windows.push(this.#resultOf(this.#window!));
    this.#window = null;
  }

  /** One sample at a time, because reading the values resets them. */
  sample(): Promise<void> {
    this.#sampling = this.#sampling.then(() => this.#sample());
    return this.#sampling;
  }

  async #sample(): Promise<void> {
    const { subscribers, commits, meter, writer } = this.#sources;
    const [received, readings, { live }] = await Promise.all([
      commits.read().then((learned) => subscribers.take(learned)),
      meter.read(),
      subscribers.countSubscribers(everyWrite),
    ]);
    for (const { sinceCommit, deliveries } of received) {
      this.#sinceCommit.add(sinceCommit);
      this.#deliveries += deliveries;
    }
    this.#latest = { written: writer.written, readings };
    this.#addToWindow(received, readings);
    const atMs = this.nowMs;
    if (atMs - this.#sampled.atMs < sampleMsMin) return;
    const seconds = (atMs - this.#sampled.atMs) / 1_000;
    const cpuSeconds = sumOf(readings, (one) => one.cpuSeconds) - sumOf(this.#sampled.readings, (one) => one.cpuSeconds);
    this.samples.push({
      atMs,
      deliveriesPerSecond: this.#deliveries / seconds,
      p50Ms: this.#sinceCommit.percentile(50),
      p99Ms: this.#sinceCommit.percentile(99),
      written: writer.written - this.#sampled.written,
      cpuCores: cpuSeconds / seconds,
      rssBytes: sumOf(readings, (one) => one.rssBytes),
      loopDelayP99Ms: Math.max(0, ...readings.map((one) => one.loopDelayP99Ms)),
      live,
    });
    this.#sinceCommit.clear();
    this.#deliveries = 0;
    this.#sampled = { atMs, ...this.#latest };
  }

  #addToWindow(received: readonly LoadReceived[], readings: readonly InstanceReading[]): void {
    const window = this.#window;
    if (!window) return;
    window.unsentBytesMax = Math.max(window.unsentBytesMax, ...readings.map(({ unsentBytes }) => unsentBytes));
    for (const { sinceCommit, sinceSent, outages, deliveries, messages, bytes, counts } of received) {
      window.sinceCommit.add(sinceCommit);
      window.sinceSent.add(sinceSent);
      window.outages.add(outages);
      window.deliveries += deliveries;
      window.messages += messages;
      window.bytes += bytes;
      for (const what of Object.keys(loadCounts) as LoadCount[]) window.counts[what] += counts[what];
    }
  }

  #resultOf(window: OpenWindow): WindowResult {
    const { written, readings } = this.#latest;
    const toMs = this.nowMs;
    const grown = (read: (reading: InstanceReading) => number) => sumOf(readings, read) - sumOf(window.before.readings, read);
    return {
      name: window.name,
      fromMs: window.fromMs,
      toMs,
      written: written - window.before.written,
      deliveries: window.deliveries,
      deliveriesPerSecond: (window.deliveries * 1_000) / (toMs - window.fromMs),
      deliveriesPerMessage: window.deliveries / window.messages,
      bytesPerMessage: window.bytes / window.messages,
      sinceCommit: distributionOf(window.sinceCommit),
      sinceSent: distributionOf(window.sinceSent),
      percentilesMs: plottedPercentiles.map((percent) => window.sinceCommit.percentile(percent)),
      outages: distributionOf(window.outages),
      counts: window.counts,
      revokeToClose: distributionOf(this.#sources.revocations.closedAfter(window.name)),
      cpuUsPerDelivery: (grown((one) => one.cpuSeconds) * 1e6) / window.deliveries,
      snapshotBuilds: grown((one) => one.snapshotBuilds),
      databaseReads: grown(databaseReadsOf),
      sweeps: grown((one) => one.sweeps),
      gapsFoundBySweep: grown((one) => one.gapsFoundBySweep),
      unsentBytesMax: window.unsentBytesMax,
      rssGrowthBytes: grown((one) => one.rssBytes),
    };
  }
}
