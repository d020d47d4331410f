import { seededRandom } from '../support/seeds.ts';
import type { Write } from './command.ts';
import { FrameChecks } from './frame-checks.ts';
import { Instance } from './instance.ts';
import type { Link } from './link.ts';
import { Logins } from './logins.ts';
import { Organization } from './organization.ts';
import { watchers } from './people.ts';
import { Place, Scheduler } from './scheduler.ts';
import { SimulatedBus } from './simulated-bus.ts';
import { SimulatedLog, type Version } from './simulated-log.ts';
import { readMsMax } from './simulated-reader.ts';
import { watchSnapshots } from './snapshot-watch.ts';
import { type Invariant, Trace, Violation } from './trace.ts';
import { SimulatedViewer } from './viewer.ts';
import { ViewerChecks } from './viewer-checks.ts';

const instanceCount = 3;
/** The interval of the sweep and its reads. */
export const sweepMsMax = 250 + 4 * readMsMax;
/**
 * Rule R2: one interval, the sweep in progress before it, each with its reads of heads and log, and
 * the batching of both.
 */
const evictionMsMax = 250 + 2 * 10 + 6 * readMsMax;

/**
 * Everything in one schedule: the database, the processes, the clients, and the checks of the
 * invariants.
 */
export class World {
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  readonly organization = new Organization();
  readonly logins = new Logins(() => this.organization.id());
  readonly log: SimulatedLog;
  readonly bus: SimulatedBus;
  readonly viewers: readonly SimulatedViewer[];
  /** The place of the schedule's own events. */
  readonly place = new Place('the schedule');
  readonly instances: Instance[] = [];
  violation: Violation | null = null;
  readonly #frames: FrameChecks;
  readonly #viewerChecks: ViewerChecks;
  #started = 0;

  constructor(seed: number) {
    this.scheduler = new Scheduler(seededRandom(seed));
    this.trace = new Trace(() => this.scheduler.now);
    this.log = new SimulatedLog(this.organization.first, this.scheduler.random);
    this.bus = new SimulatedBus(this.scheduler, this.trace);
    const report = (invariant: Invariant, detail: string) => this.report(invariant, detail);
    this.#viewerChecks = new ViewerChecks(this.log, report);
    const instanceOf = (link: Link) => this.#known.find(({ place }) => place === link.server)!;
    const viewerOf = (link: Link) => this.viewers.find(({ place }) => place === link.client)!;
    this.#frames = new FrameChecks(this.log, report, instanceOf, viewerOf);
    this.viewers = watchers.map(
      (who) =>
        new SimulatedViewer(who, {
          scheduler: this.scheduler,
          trace: this.trace,
          observer: this.#frames,
          loggedIn: (viewer) => this.#viewerChecks.databaseMoved(viewer, this.scheduler.now),
          pickInstance: () => (this.instances.length > 0 ? this.scheduler.random.pick(this.instances) : null),
        }),
    );
    watchSnapshots(
      () => this.scheduler.now,
      (audienceKey) => this.report('one snapshot build', `a second snapshot for the audience ${audienceKey} is built within a second`),
    );
    for (let index = 0; index < instanceCount; index++) this.startInstance();
    for (const viewer of this.viewers) this.#viewerChecks.databaseMoved(viewer, 0);
  }

  readonly #known: Instance[] = [];

  get random() {
    return this.scheduler.random;
  }

  /** Only the first violation counts, since others may follow from it. */
  report(invariant: Invariant, detail: string): void {
    this.violation ??= new Violation(invariant, detail);
  }

  startInstance(): void {
    this.#started++;
    const instance = new Instance(`instance ${this.#started}`, {
      scheduler: this.scheduler,
      log: this.log,
      bus: this.bus,
      failed: ({ name }, what) => this.report('nothing fails', `${name} logs an error: ${what}`),
    });
    this.#known.push(instance);
    this.instances.push(instance);
  }

  forgetInstance(instance: Instance): void {
    const index = this.instances.indexOf(instance);
    if (index >= 0) this.instances.splice(index, 1);
  }

  /** The database changed, so any missing data counts as missing from now on. */
  moved(): void {
    for (const viewer of this.viewers) this.#viewerChecks.databaseMoved(viewer, this.scheduler.now);
  }

  /** Ends the transaction. Returns null if the command changes no record. */
  commit(
    name: string,
    { changes, rows = (same) => same, violation, done = () => {} }: Write,
    transaction = this.log.transactions.begin(),
  ): Version | null {
    if (violation) this.report(violation.invariant, violation.detail);
    done();
    if (changes.length === 0) {
      this.log.saveRows(rows);
      this.log.transactions.end(transaction);
      return null;
    }
    const version = this.log.commit(name, changes, rows, this.scheduler.now, transaction);
    this.trace.add(`revision ${version.revision} is committed: ${name} (${changes.map(({ kind, id }) => `${kind} ${id}`).join(', ')})`);
    this.moved();
    return version;
  }

  /** Runs one event, and checks all invariants after it. */
  async step(): Promise<void> {
    const place = await this.scheduler.step();
    const { now } = this.scheduler;
    for (const viewer of this.viewers) {
      if (viewer.endBinding()) this.#viewerChecks.databaseMoved(viewer, now);
      if (viewer.place === place) this.#viewerChecks.checkReplica(viewer);
      this.#viewerChecks.checkTime(viewer, now);
    }
    this.#checkEvictions(now);
    if (this.violation) throw this.violation;
  }

  /** Rule A2 without notices, by the sweep. */
  #checkEvictions(now: number): void {
    for (const { link, viewer } of this.#frames.active()) {
      // Another session of the same viewer, which it has just left.
      if (link.viewer !== viewer.viewer) continue;
      const { deniedSince } = viewer;
      const reachedSince = this.log.reachedSince(link.server);
      if (deniedSince === null || link.server.isPaused || reachedSince === null) continue;
      const since = Math.max(deniedSince, link.server.movesSince, reachedSince);
      if (now - since <= evictionMsMax) continue;
      this.report(
        'eviction bounded',
        `${link.server.name} still serves ${viewer.who.name}, whose access ended ${Math.round(now - deniedSince)} ms ago`,
      );
    }
  }
}
