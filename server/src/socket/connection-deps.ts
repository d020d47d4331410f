import type { Channels } from '../read-path/channels.ts';
import type { Memberships } from '../read-path/memberships.ts';
import type { Presence } from '../read-path/presence.ts';
import type { ServerStream } from '../read-path/server-stream.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Counters } from '../runtime/counters.ts';
import type { ExpiringMap } from '../runtime/expiring-map.ts';
import type { Limits } from '../runtime/limits.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { PacedEnds } from './paced-ends.ts';
import type { SlowSockets } from './slow-sockets.ts';

/** The parts that all connections of a server share. */
export interface ConnectionDeps {
  readonly channels: Channels;
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
