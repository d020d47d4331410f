import type { Audience } from '@rollcall/protocol';
import { changesOfMove, recordsOfMove, visibleChanges } from '../../domain/visible-changes.ts';
import type { Clock } from '../../runtime/clock.ts';
import { encodeCursor } from '../feed/cursor.ts';
import type { Feed } from '../feed/feed.ts';
import { encodeStep, type Frame } from './frame.ts';

/** A step that takes one replica from its revision to the feed's head. */
export interface CatchUpStep {
  /** Empty if no visible record changed. The replica then keeps its revision (rule R8). */
  readonly frames: readonly Frame[];
  readonly to: number;
  /** The audience of the replica once the step is applied. */
  readonly audience: Audience;
}

/**
 * Subscriptions that began to lag together recover within about a second of each other, so their
 * common step stays in memory for that long.
 */
const cacheMs = 1_000;

/** Records that one event-loop turn may compare and encode: about 25 ms. */
const moveRecordsMax = 5_000;

/** Encodes the steps that are not a group's, each once for all equal replicas (rule R7). */
export class CatchUpSteps {
  readonly #clock: Clock;
  /** Null if there are none, because every feed would need the memory of an empty map. */
  #byStart: Map<string, CatchUpStep> | null = null;
  #revision = -1;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The step from a replica of the audience `from` at `revision` to the head, for the audience
   * `to`. It has `view` if the audiences differ (rule A3). Null if the ring does not reach back to
   * `revision`, or if a snapshot, which is sent in parts, is better, because too many records
   * become visible or invisible.
   */
  get(feed: Feed, from: Audience, to: Audience, revision: number): CatchUpStep | null {
    if (feed.head.revision !== this.#revision) this.clear();
    this.#revision = feed.head.revision;
    const key = `${from.key}>${to.key}@${revision}`;
    const step = this.#byStart?.get(key) ?? encodeCatchUpStep(feed, from, to, revision);
    if (!step) return null;
    this.#byStart ??= new Map();
    this.#byStart.set(key, step);
    this.#cancelTimer ??= this.#clock.after(cacheMs, () => this.clear());
    return step;
  }

  clear(): void {
    this.#byStart = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}

function encodeCatchUpStep(
  { orgId, head, ring, state, bootstrap }: Feed,
  from: Audience,
  to: Audience,
  revision: number,
): CatchUpStep | null {
  const net = ring.netChangesAfter(revision);
  if (!net) return null;
  const { epoch, chain } = head;
  const cursor = encodeCursor({ epoch, revision: head.revision, chain, audienceKey: to.key });
  const header = { org: orgId, from: revision, to: head.revision, cursor };
  if (from.key !== to.key) {
    // While the feed still loads its records, it is unknown which of them become visible.
    if (bootstrap || recordsOfMove(from, to, state) > moveRecordsMax) return null;
    return { frames: encodeStep({ ...header, view: true }, changesOfMove(from, to, state, net)), to: head.revision, audience: to };
  }
  const changes = visibleChanges(to, net);
  return { frames: changes.length > 0 ? encodeStep(header, changes) : [], to: head.revision, audience: to };
}
