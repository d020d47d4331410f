import type { Clock } from '../../runtime/clock.ts';
import type { Failpoints } from '../../runtime/failpoints.ts';
import type { Log } from '../../runtime/log.ts';
import type { Counters } from '../../runtime/metrics/counters.ts';
import type { Metrics } from '../../runtime/metrics/metrics.ts';
import type { LogReader } from './log-reader.ts';

export interface FeedDeps {
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly failpoints: Failpoints;
}
