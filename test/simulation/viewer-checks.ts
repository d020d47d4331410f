import { decodeCursor } from '../../server/src/read-path/feed/cursor.ts';
import { differenceOf, isSameProjection } from './same-records.ts';
import type { SimulatedLog, Version } from './simulated-log.ts';
import type { Invariant } from './trace.ts';
import type { SimulatedViewer } from './viewer.ts';

export type Report = (invariant: Invariant, detail: string) => void;

/** Checks every replica after every event. */
export class ViewerChecks {
  readonly #log: SimulatedLog;
  readonly #report: Report;

  constructor(log: SimulatedLog, report: Report) {
    this.#log = log;
    this.#report = report;
  }

  /** Called after an event of the viewer itself, since nothing else changes its replica. */
  checkReplica(viewer: SimulatedViewer): void {
    const { subscription, position } = viewer;
    if (subscription.revision === null) {
      viewer.held = null;
      viewer.outdatedSince = null;
      return;
    }
    // A distrusted replica stays readable. It is neither fresh nor awaited.
    if (!position) return;
    const cursor = decodeCursor(position.cursor);
    const version = cursor && this.#log.find(cursor);
    if (!version || version.revision !== subscription.revision) {
      this.#report('replicas consistent', `${viewer.who.name} is at revision ${subscription.revision}, which never existed`);
      return;
    }
    if (version !== viewer.held) {
      viewer.held = version;
      viewer.outdatedSince = this.#outdatedSince(viewer, version);
    }
    const expected = version.projectionFor(viewer.viewer);
    if (!expected) {
      this.#report('replicas consistent', `${viewer.who.name} has a replica of revision ${version.revision}, which gives no access`);
      return;
    }
    const difference = differenceOf(subscription.records, expected);
    if (difference)
      this.#report('replicas consistent', `the replica of ${viewer.who.name} is not that of revision ${version.revision}: ${difference}`);
  }

  /** Called after every event. */
  checkTime(viewer: SimulatedViewer, now: number): void {
    const { outdatedSince, who, subscription, waits } = viewer;
    if (outdatedSince !== null && now - outdatedSince > who.leaseMs && subscription.isFresh) {
      const ageMs = Math.round(now - outdatedSince);
      this.#report('fresh within the lease', `${who.name} reports a replica as fresh that has been wrong for ${ageMs} ms`);
    }
    if (waits.length === 0) return;
    viewer.waits = waits.filter((version) => {
      // The database may have lost this revision and used its number for another one.
      if (version.lostAt !== null || viewer.held?.lostAt) return version.lostAt === null;
      if (!subscription.holds(version.revision)) return true;
      const isThere = viewer.held?.continues(version);
      if (!isThere) this.#report('waitFor never early', `${who.name} reports revision ${version.revision} without having it`);
      return false;
    });
  }

  /**
   * Called after a commit or a restored backup changed the database, after a login, and when a
   * viewer’s binding ended.
   */
  databaseMoved(viewer: SimulatedViewer, now: number): void {
    const { held } = viewer;
    if (held) viewer.outdatedSince ??= this.#outdatedSince(viewer, held);
    const hasAccess = this.#log.head.projectionFor(viewer.present) !== null;
    if (hasAccess) viewer.deniedSince = null;
    else viewer.deniedSince ??= now;
  }

  #outdatedSince({ viewer }: SimulatedViewer, held: Version): number | null {
    if (held.lostAt !== null) return held.lostAt;
    const expected = held.projectionFor(viewer);
    const newer = this.#log.after(held)?.find((version) => !isSameProjection(version.projectionFor(viewer), expected));
    return newer?.committedAt ?? null;
  }
}
