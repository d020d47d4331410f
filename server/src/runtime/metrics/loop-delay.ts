import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/**
 * The interval of the measurement. Each measurement wakes the process. An interval of 10 ms would
 * take a seventh of an idle process's CPU time.
 */
const resolutionMs = 50;

/**
 * Measures the delay of the event loop since the last `reset`, so each reader needs its own
 * instance. Instances that are made in the same event-loop iteration always wake the process
 * together. Dispose an instance to stop measuring.
 */
export class LoopDelay implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#histogram.enable();
  }

  /**
   * The histogram holds the nanoseconds from one tick to the next. The resolution is the part
   * without delay.
   */
  lateMs(percentile: number): number {
    return Math.max(0, this.#histogram.percentile(percentile) / 1e6 - resolutionMs);
  }

  reset(): void {
    this.#histogram.reset();
  }

  [Symbol.dispose](): void {
    this.#histogram.disable();
  }
}

const percentiles = [50, 99, 100] as const;

/** `delay` must have no other reader, because each read of `/metrics` resets it. */
export function exposeLoopDelay(metrics: Metrics, delay: LoopDelay): void {
  metrics.expose('rollcall_event_loop_delay_seconds', 'Delay of the event loop since the last scrape, by percentile', 'percentile', () => {
    const reading = new Map(percentiles.map((percentile) => [String(percentile), delay.lateMs(percentile) / 1e3]));
    delay.reset();
    return reading;
  });
}
