import type { Memberships } from '../read-path/people/memberships.ts';
import type { Presence } from '../read-path/people/presence.ts';
import type { ReadPath } from '../read-path/read-path.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ExpiringMap } from '../runtime/collections/expiring-map.ts';
import type { Limits } from '../runtime/limits/limits.ts';
import type { Log } from '../runtime/log.ts';
import type { Counters } from '../runtime/metrics/counters.ts';
import type { Metrics } from '../runtime/metrics/metrics.ts';
import type { SlowSockets } from './limits/slow-sockets.ts';
import type { PacedEnds } from './sending/paced-ends.ts';

/** The parts that all connections of a server share. */
export interface ConnectionDeps {
  readonly readPath: ReadPath;
  readonly memberships: Memberships;
  readonly presence: Presence;
  readonly stream: Pick<ServerStream, 'permissions' | 'verify'>;
  readonly slowSockets: SlowSockets;
  readonly ends: PacedEnds;
  readonly limits: Pick<Limits, 'socketMessages' | 'socketSubscribes'>;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly metrics: Metrics;
  readonly log: Log;
  /** See `StaleReplicas`. */
  readonly loggedReports: ExpiringMap<true>;
}
