import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** How often the loop is asked whether it is late. Each time wakes the process: every 10 ms would be a seventh of what an idle one needs. */
const resolutionMs = 50;

/**
 * How late the event loop runs since the last `reset`: whoever reads has one of their own. Those that are made in one turn wake
 * the process together, and ever after. Dispose it to stop measuring.
 */
export class LoopDelay implements Disposable {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor() {
    this.#histogram.enable();
  }

  /** The histogram holds nanoseconds from one tick to the next, of which the resolution is on time. */
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

/** Nothing else may read `delay`, since each look at `/metrics` resets it. */
export function exposeLoopDelay(metrics: Metrics, delay: LoopDelay): void {
  metrics.expose('rollcall_event_loop_delay_seconds', 'How late the event loop ran since the last reading', 'percentile', () => {
    const reading = new Map(percentiles.map((percentile) => [String(percentile), delay.lateMs(percentile) / 1e3]));
    delay.reset();
    return reading;
  });
}
