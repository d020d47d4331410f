import { coalesceChanges, type LogEntry, projectRecord, type StepFrame, type SubscribeAck } from '@rollcall/protocol';
import { visibleChanges } from '../../server/src/domain/visible-changes.ts';
import { decodeCursor } from '../../server/src/read-path/feed/cursor.ts';
import { socketLimits } from '../../server/src/runtime/limits/rows/sockets.ts';
import { checksumOf } from './checksums.ts';
import type { Instance } from './instance.ts';
import type { Link, LinkObserver, SubscribePayload } from './link.ts';
import { orgId } from './people.ts';
import { isSameRecord } from './same-records.ts';
import type { SimulatedLog, Version } from './simulated-log.ts';
import type { SimulatedViewer } from './viewer.ts';
import type { Report } from './viewer-checks.ts';

/** One connection's subscription, according to its frames. */
interface Subscribed {
  readonly viewer: SimulatedViewer;
  isActive: boolean;
  /** The position of a client that lost nothing. Null during a snapshot. */
  revision: number | null;
  /** Access was checked up to this revision. */
  checkedUpTo: number;
}

/** Checks everything that a process sends to a client, even if the client can no longer read it. */
export class FrameChecks implements LinkObserver {
  readonly #log: SimulatedLog;
  readonly #report: Report;
  readonly #instanceOf: (link: Link) => Instance;
  readonly #viewerOf: (link: Link) => SimulatedViewer;
  readonly #subscribed = new Map<Link, Subscribed>();

  constructor(log: SimulatedLog, report: Report, instanceOf: (link: Link) => Instance, viewerOf: (link: Link) => SimulatedViewer) {
    this.#log = log;
    this.#report = report;
    this.#instanceOf = instanceOf;
    this.#viewerOf = viewerOf;
  }

  /** The subscriptions that a process has granted and not ended. */
  *active(): Generator<{ readonly link: Link; readonly viewer: SimulatedViewer }> {
    for (const [link, { isActive, viewer }] of this.#subscribed) if (isActive && !link.server.isDead) yield { link, viewer };
  }

  answered(link: Link, { cursor }: SubscribePayload, reply: unknown, receivedAt: number): void {
    const answer = reply as SubscribeAck;
    const viewer = this.#viewerOf(link);
    if (answer.mode !== 'resume' && answer.mode !== 'snapshot') {
      this.#subscribed.delete(link);
      return;
    }
    const own = answer.mode === 'resume' ? decodeCursor(cursor!)!.revision : null;
    if (own !== null) this.#checkFloor(link, viewer, own, receivedAt);
    this.#subscribed.set(link, { viewer, isActive: true, revision: own, checkedUpTo: answer.revision });
  }

  /** Rule R6: a cursor below a floor that was committed before the request is not resumed. */
  #checkFloor(link: Link, { who }: SimulatedViewer, revision: number, receivedAt: number): void {
    const floor = this.#log.lowestFloorSince(receivedAt);
    if (revision >= floor) return;
    this.#report('cursors above the floor', `${link.server.name} resumes ${who.name} at ${revision}, below the floor ${floor}`);
  }

  /**
   * For example, the end of an earlier subscription crosses the reply to a new one. The client
   * treats it as the end of both.
   */
  unsubscribed(link: Link): void {
    const subscribed = this.#subscribed.get(link);
    if (subscribed) subscribed.isActive = false;
  }

  written(link: Link, event: string, payload: never, unsentBefore: number): void {
    const subscribed = this.#subscribed.get(link);
    switch (event) {
      case 'snapshot':
        this.#checkData(link, subscribed, unsentBefore);
        break;
      case 'snapshot-end':
        this.#checkData(link, subscribed, unsentBefore);
        if (subscribed) this.#checkSnapshotEnd(link, subscribed, payload);
        break;
      case 'step':
        this.#checkStep(link, subscribed, payload);
        // After the revision of this frame was noted.
        this.#checkData(link, subscribed, unsentBefore);
        break;
      case 'pong':
        this.#checkPong(link, payload);
        break;
      case 'resync':
        if (subscribed) this.#noteResync(subscribed, payload);
        break;
      case 'revoked':
      case 'goodbye':
        if (subscribed) subscribed.isActive = false;
        break;
    }
  }

  closed(link: Link): void {
    this.#subscribed.delete(link);
    this.#instanceOf(link).links.delete(link);
  }

  /**
   * Rule A1: after any viewer received data of N or later, nothing is sent to a viewer whose access
   * N ended.
   */
  #checkData(link: Link, subscribed: Subscribed | undefined, unsentBefore: number): void {
    const { name } = this.#viewerOf(link).who;
    if (!subscribed?.isActive) {
      this.#report('nothing after revocation', `${link.server.name} writes to ${name}, who has no subscription`);
      return;
    }
    if (unsentBefore > socketLimits.unsentBytes.value) {
      this.#report('buffers bounded', `${link.server.name} writes to ${name}, who has ${unsentBefore} unread bytes`);
    }
    const { latest } = this.#instanceOf(link);
    // Commits that the database lost no longer affect access.
    if (!latest || latest.lostAt !== null || latest.revision <= subscribed.checkedUpTo) return;
    for (let version: Version | null = latest; version && version.revision > subscribed.checkedUpTo; version = version.parent) {
      if (version.projectionFor(link.viewer)) continue;
      const said = `after revision ${latest.revision} was sent, although ${version.revision} ended its access`;
      this.#report('nothing after revocation', `${link.server.name} writes to ${name} ${said}`);
      break;
    }
    subscribed.checkedUpTo = latest.revision;
  }

  #checkSnapshotEnd(link: Link, subscribed: Subscribed, { cursor, revision }: { cursor: string; revision: number }): void {
    if (!this.#versionOf(link, subscribed, cursor, revision)) return;
    subscribed.revision = revision;
    if (subscribed.checkedUpTo === Number.POSITIVE_INFINITY) subscribed.checkedUpTo = revision;
  }

  #noteResync(subscribed: Subscribed, { reason }: { reason: string }): void {
    subscribed.revision = null;
    // Access is evaluated again by a state that no revision led to.
    if (reason === 'history-changed') subscribed.checkedUpTo = Number.POSITIVE_INFINITY;
  }

  #checkStep(link: Link, subscribed: Subscribed | undefined, step: StepFrame): void {
    if (!subscribed) return;
    const { from, to, cursor } = step;
    const { name } = subscribed.viewer.who;
    if (subscribed.revision === null || from > subscribed.revision || from >= to) {
      const own = subscribed.revision === null ? 'has no complete replica' : `is at ${subscribed.revision}`;
      this.#report('steps contiguous', `${link.server.name} writes a step from ${from} to ${to} to ${name}, who ${own}`);
    }
    const version = this.#versionOf(link, subscribed, cursor, to);
    if (!version) return;
    this.#checkChanges(link, subscribed, step, version);
    if (!step.more) subscribed.revision = Math.max(subscribed.revision ?? 0, to);
  }

  #checkChanges(link: Link, { viewer }: Subscribed, { from, to, changes, more, view }: StepFrame, version: Version): void {
    const access = version.accessOf(link.viewer);
    if ('revoked' in access) return;
    const { audience } = access;
    const sent = new Map(changes.map((change) => [`${change.kind}/${change.id}`, change]));
    const where = `the step from ${from} to ${to} of ${link.server.name} to ${viewer.who.name}`;
    for (const { op, kind, id, record } of changes) {
      const current = version.state.get(kind, id);
      const seen = current && projectRecord(audience, kind, current);
      if (op === 'put' ? !seen || !isSameRecord(record!, seen) : seen) {
        this.#report('revisions atomic', `${where} has another ${kind}/${id} than revision ${to}`);
      }
    }
    if (more || view) return;
    const missing = visibleChanges(audience, coalesceChanges(entriesBetween(version, from))).filter(
      ({ kind, id }) => !sent.has(`${kind}/${id}`),
    );
    if (missing.length > 0) this.#report('revisions atomic', `${where} lacks ${missing.map(({ kind, id }) => `${kind}/${id}`)}`);
  }

  #checkPong(link: Link, { orgs }: { orgs: Record<string, { revision: number; cursor: string; count: number; sum: number }> }): void {
    const said = orgs[orgId];
    const subscribed = this.#subscribed.get(link);
    if (!said || !subscribed) return;
    const version = this.#find(said.cursor);
    const projection = version?.projectionFor(link.viewer);
    if (!version || !projection || version.revision !== said.revision) {
      this.#report('checksums true', `${link.server.name} confirms to ${subscribed.viewer.who.name} a replica that it cannot have`);
      return;
    }
    const { count, sum } = checksumOf(projection);
    if (count === said.count && sum === said.sum) return;
    this.#report(
      'checksums true',
      `${link.server.name} sends ${said.count} records and ${said.sum} at ${said.revision}, not ${count} and ${sum}`,
    );
  }

  /** Records which revision is sent, and checks whether this viewer may receive it. */
  #versionOf(link: Link, { viewer }: Subscribed, cursor: string, revision: number): Version | null {
    const version = this.#find(cursor);
    if (!version || version.revision !== revision) {
      this.#report('replicas consistent', `${link.server.name} sends revision ${revision}, which never existed`);
      return null;
    }
    const instance = this.#instanceOf(link);
    if (!instance.latest || version.revision > instance.latest.revision || !instance.latest.continues(version)) instance.latest = version;
    const projection = version.projectionFor(link.viewer);
    if (!projection) {
      this.#report('nothing after revocation', `${viewer.who.name} receives revision ${revision}, which gives no access`);
    } else if (projection.audienceKey !== decodeCursor(cursor)!.audienceKey) {
      this.#report('replicas consistent', `${viewer.who.name} receives revision ${revision} as another audience sees it`);
    }
    return version;
  }

  #find(cursor: string): Version | null {
    const decoded = decodeCursor(cursor);
    return decoded && this.#log.find(decoded);
  }
}

function entriesBetween(version: Version, from: number): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at: Version | null = version; at?.entry && at.revision > from; at = at.parent) entries.unshift(at.entry);
  return entries;
}
