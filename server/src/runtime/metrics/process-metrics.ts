import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * Gauges of prom-client whose names end like a counter's, which `promtool check metrics` refuses.
 * `nodejs_active_resources` has the same information.
 */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * As in `LoopDelay`, each measurement wakes the process. The percentiles of
 * `nodejs_eventloop_lag_…` include this time.
 */
const loopLookMs = 50;

let registry: Registry | null = null;

/**
 * The registry for metrics of Node and of the process: memory, CPU, garbage collection, open files.
 * Several servers in one process share it.
 */
export function processRegistry(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: loopLookMs });
  for (const name of misnamed) registry.removeSingleMetric(name);
  return registry;
}
