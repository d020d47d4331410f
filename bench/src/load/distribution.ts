import type { Latencies } from '../subscribers/latencies.ts';
import type { Distribution } from './load-results.ts';

export function distributionOf(latencies: Latencies): Distribution {
  return {
    count: latencies.count,
    p50Ms: latencies.percentile(50),
    p99Ms: latencies.percentile(99),
    maxMs: latencies.percentile(100),
  };
}
