import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** How often the loop is asked whether it is late. Each time wakes the process: every 10 ms would be a seventh of what an idle one needs. */
const resolutionMs = 50;
const percentiles = [50, 99, 100] as const;

/** What the process itself needs: memory, CPU, and how late its event loop runs. Dispose the result to stop measuring. */
export function measureProcess(metrics: Metrics): Disposable {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  metrics.expose('process_resident_memory_bytes', 'Resident memory', null, () => process.memoryUsage.rss());
  metrics.expose('process_cpu_seconds_total', 'User and system CPU time', null, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.expose('rollcall_event_loop_delay_seconds', 'How late the event loop ran since the last reading', 'quantile', () => {
    const reading = new Map(percentiles.map((percentile) => [String(percentile / 100), lateSeconds(delay.percentile(percentile))]));
    delay.reset();
    return reading;
  });
  return { [Symbol.dispose]: () => void delay.disable() };
}

/** The histogram holds nanoseconds from one tick to the next, of which the resolution is on time. */
function lateSeconds(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3);
}
