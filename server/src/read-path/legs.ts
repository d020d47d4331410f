import type { Audience } from '../domain/audience.ts';
import { changesOfMove, recordsOfMove, visibleChanges } from '../domain/visible-changes.ts';
import type { Clock } from '../runtime/clock.ts';
import { encodeCursor } from './cursor.ts';
import type { Feed } from './feed.ts';
import { encodeStep, type Frame } from './frame.ts';

/** One step that takes a copy from where it stands to the feed's head. */
export interface Leg {
  /** Empty when nothing that happened shows: then the copy stays where it stands (rule R8). */
  readonly frames: readonly Frame[];
  readonly to: number;
  /** What the copy is of once the step is applied. */
  readonly audience: Audience;
}

/** Those who fall behind together come back within a second or so of each other; until then their common step is kept. */
const keptForMs = 1_000;

/** Records gone through and encoded in one turn: some 25 ms. */
const moveRecordsMax = 5_000;

/** Encodes steps that are not a group's, each once for all whose copies are alike (rule R7). */
export class Legs {
  readonly #clock: Clock;
  readonly #byStart = new Map<string, Leg>();
  #revision = -1;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The step from a copy of `from` at revision `own` to the head, for the rights of `to`; with `view` where the two differ
   * (rule A3). Null when the ring does not reach back to `own`, or when so many records come into view or go out of it that a
   * snapshot, which comes in parts, is better.
   */
  get(feed: Feed, from: Audience, to: Audience, own: number): Leg | null {
    if (feed.head.revision !== this.#revision) this.clear();
    this.#revision = feed.head.revision;
    const key = `${from.key}>${to.key}@${own}`;
    const leg = this.#byStart.get(key) ?? encodeLeg(feed, from, to, own);
    if (!leg) return null;
    this.#byStart.set(key, leg);
    this.#cancelTimer ??= this.#clock.after(keptForMs, () => this.clear());
    return leg;
  }

  clear(): void {
    this.#byStart.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}

function encodeLeg({ orgId, head, ring, state, copy }: Feed, from: Audience, to: Audience, own: number): Leg | null {
  const net = ring.netChangesAfter(own);
  if (!net) return null;
  const { epoch, revision, chain } = head;
  const cursor = encodeCursor({ epoch, revision, chain, audienceKey: to.key });
  const header = { org: orgId, from: own, to: revision, cursor };
  if (from.key !== to.key) {
    // While the records come in, nobody can say which of them come into view.
    if (copy || recordsOfMove(from, to, state) > moveRecordsMax) return null;
    return { frames: encodeStep({ ...header, view: true }, changesOfMove(from, to, state, net)), to: revision, audience: to };
  }
  const changes = visibleChanges(to, net);
  return { frames: changes.length > 0 ? encodeStep(header, changes) : [], to: revision, audience: to };
}
