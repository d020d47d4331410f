import { noPermissions } from '../../protocol/src/index.ts';
import type { Bus } from '../../server/src/bus/bus.ts';
import { isDatabaseGone } from '../../server/src/database/translate-error.ts';
import type { Caller } from '../../server/src/identity/caller.ts';
import { HeadChecks } from '../../server/src/read-path/heads/head-checks.ts';
import { LivePermissions } from '../../server/src/read-path/live-permissions.ts';
import type { Memberships } from '../../server/src/read-path/people/memberships.ts';
import type { Presence } from '../../server/src/read-path/people/presence.ts';
import { ReadPath } from '../../server/src/read-path/read-path.ts';
import { ExpiringMap } from '../../server/src/runtime/collections/expiring-map.ts';
import { Failpoints } from '../../server/src/runtime/failpoints.ts';
import { limitTable } from '../../server/src/runtime/limits/limits.ts';
import type { Log } from '../../server/src/runtime/log.ts';
import { Counters } from '../../server/src/runtime/metrics/counters.ts';
import type { Metrics } from '../../server/src/runtime/metrics/metrics.ts';
import { Connection } from '../../server/src/socket/connection.ts';
import type { ConnectionDeps } from '../../server/src/socket/connection-deps.ts';
import { SlowSockets } from '../../server/src/socket/limits/slow-sockets.ts';
import { PacedEnds } from '../../server/src/socket/sending/paced-ends.ts';
import type { Link } from './link.ts';
import { Place, type Scheduler } from './scheduler.ts';
import type { SimulatedBus } from './simulated-bus.ts';
import type { SimulatedLog, Version } from './simulated-log.ts';
import { readerOf } from './simulated-reader.ts';

/** The parts of one server process. Everything except the ports is the product's code. */
export interface InstanceParts {
  readonly scheduler: Scheduler;
  readonly log: SimulatedLog;
  readonly bus: SimulatedBus;
  /** Receives each message that the product logs as an error. */
  failed(instance: Instance, what: string): void;
}

const drainRetryMs = [50, 500] as const;

export class Instance {
  readonly place: Place;
  readonly bus: Bus;
  readonly readPath: ReadPath;
  readonly links = new Set<Link>();
  /** The latest state of which any part was sent to any viewer. */
  latest: Version | null = null;
  readonly #connections = new Set<Connection>();
  readonly #deps: ConnectionDeps;

  constructor(name: string, { scheduler, log, bus, failed }: InstanceParts) {
    this.place = new Place(name);
    this.bus = bus.open(this.place);
    const clock = scheduler.clockOf(this.place);
    const counters = new Counters();
    const shared = {
      clock,
      counters,
      metrics: { observeDelivery() {}, observeEndToClose() {}, observeStale() {} } as unknown as Metrics,
      failpoints: new Failpoints(null),
      log: logOf((what) => failed(this, what)),
    };
    const feedDeps = { ...shared, reader: readerOf(this.place, log, scheduler) };
    this.readPath = new ReadPath(feedDeps, this.bus, new HeadChecks(feedDeps, this.bus), { idleFeedSeconds: 30, idleFeedBytes: 1_000_000 });
    const stream = { permissions: new LivePermissions(async () => noPermissions), verify: async () => {} };
    // The viewers of the simulation request neither membership lists nor presence.
    const memberships = {} as unknown as Memberships;
    const presence = {} as unknown as Presence;
    const loggedReports = new ExpiringMap<true>(() => clock.now());
    const sockets = { slowSockets: new SlowSockets(clock), ends: new PacedEnds(clock), limits: defaultLimits, loggedReports };
    this.#deps = { ...shared, ...sockets, readPath: this.readPath, memberships, presence, stream };
    this.place.onKilled = () => {
      void this.bus.close();
      for (const link of this.links) link.cut(scheduler.random.chance(0.2));
    };
  }

  get name(): string {
    return this.place.name;
  }

  accept(link: Link, caller: Caller): void {
    this.links.add(link);
    const connection = new Connection(link.socket, caller, this.#deps);
    link.onReceived = () => connection.received();
    this.#connections.add(connection);
  }

  /** Sends all clients to other instances, as a server that is being stopped does. */
  drain(): void {
    for (const connection of this.#connections) connection.goodbye('draining', drainRetryMs);
  }
}

const defaultLimits = { socketMessages: limitTable.socketMessages.default, socketSubscribes: limitTable.socketSubscribes.default };

/** Reports errors, except those of an unavailable database. */
function logOf(failed: (what: string) => void): Log {
  const ignore = () => {};
  return {
    error({ error }: { error: unknown }, what: string) {
      if (!isDatabaseGone(error)) failed(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
    },
    warn: ignore,
    info: ignore,
    debug: ignore,
  } as unknown as Log;
}
