import type { LoopDelay } from './loop-delay.ts';
import type { Metrics } from './metrics.ts';

const percentiles = [50, 99, 100] as const;

/** What the process itself needs: memory, CPU, and how late its event loop runs, which nobody else may read from `delay`. */
export function exposeProcess(metrics: Metrics, delay: LoopDelay): void {
  metrics.expose('process_resident_memory_bytes', 'Resident memory', null, () => process.memoryUsage.rss());
  metrics.expose('process_cpu_seconds_total', 'User and system CPU time', null, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.expose('rollcall_event_loop_delay_seconds', 'How late the event loop ran since the last reading', 'quantile', () => {
    const reading = new Map(percentiles.map((percentile) => [String(percentile / 100), delay.lateMs(percentile) / 1e3]));
    delay.reset();
    return reading;
  });
}
