import type { ChangeBatch, ChangeEvent, OrganizationHandle, OrganizationState } from '@rollcall/client';
import { loadOnce } from '@rollcall/react/parts';
import type { describeChange } from './describe-change.ts';

type AuditEntryRecord = ChangeEvent<'audit.recorded'>['after'];

/** A change by another user, with their name if the viewer may know it. */
export interface Highlight {
  readonly id: number;
  readonly text: string;
  readonly by: string | null;
  readonly at: number;
}

/** Long enough to notice, also for someone who looked elsewhere. */
const shownMs = 6_000;
/** The length of the list of recent changes. */
const recentMax = 12;
/** The result of the user's own command arrives within this time. */
const ownMs = 10_000;

const loadDescribeChange = loadOnce(() => import('./describe-change.ts'));

/** The key of the user's own membership, which distinguishes leaving from being removed. */
export const ownMembershipKey = 'own-membership';

/**
 * The recent changes by other users, by the key of what to highlight. The user's own changes are
 * left out.
 */
export class Highlights {
  readonly #handle: OrganizationHandle;
  readonly #userId: string;
  readonly #shown = new Map<string, Highlight>();
  readonly #own = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #highlightListeners = new Set<(highlight: Highlight) => void>();
  readonly #stop: () => void;
  #recent: readonly Highlight[] = [];
  #lastId = 0;

  constructor(handle: OrganizationHandle, userId: string) {
    this.#handle = handle;
    this.#userId = userId;
    this.#stop = handle.on('change', (batch) => this.#take(batch));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Calls the listener with each new highlight, to announce it to screen readers. */
  readonly onHighlight = (listener: (highlight: Highlight) => void): (() => void) => {
    this.#highlightListeners.add(listener);
    return () => this.#highlightListeners.delete(listener);
  };

  get(key: string): Highlight | null {
    return this.#shown.get(key) ?? null;
  }

  /** The latest first. The same array until the next change. */
  get recent(): readonly Highlight[] {
    return this.#recent;
  }

  /** Marks the next changes at these keys as the user's own. */
  expectOwn(keys: readonly string[]): void {
    for (const key of keys) this.#own.set(key, Date.now() + ownMs);
  }

  /** Whether a command of the user is changing this, or just did. */
  isOwn(key: string): boolean {
    return (this.#own.get(key) ?? 0) > Date.now();
  }

  close(): void {
    this.#stop();
    this.#shown.clear();
    this.#listeners.clear();
    this.#highlightListeners.clear();
  }

  #take(batch: ChangeBatch): void {
    // A snapshot contains the current state, not who changed what.
    if (batch.cause === 'snapshot') return;
    const { state } = this.#handle;
    // Without the module, changes are not highlighted, but the page still shows their effects.
    loadDescribeChange().then(
      (module) => this.#highlight(batch, state, module.describeChange),
      () => {},
    );
  }

  #highlight({ events }: ChangeBatch, state: OrganizationState, describe: typeof describeChange): void {
    const audit = events.flatMap((event) => (event.type === 'audit.recorded' ? [event.after] : []));
    const news: Highlight[] = [];
    for (const event of events) {
      const change = describe(event, state);
      if (!change) continue;
      const actor = actorOf(audit, change.targetId);
      if (actor ? actor.id === this.#userId : change.keys.some((key) => this.isOwn(key))) continue;
      const highlight = { id: ++this.#lastId, text: change.text, by: actor?.name ?? null, at: Date.now() };
      news.push(highlight);
      for (const key of change.keys) this.#show(key, highlight);
    }
    if (news.length === 0) return;
    this.#recent = [...news.toReversed(), ...this.#recent].slice(0, recentMax);
    for (const highlight of news) for (const listener of this.#highlightListeners) listener(highlight);
    this.#notify();
  }

  #show(key: string, highlight: Highlight): void {
    this.#shown.set(key, highlight);
    setTimeout(() => {
      if (this.#shown.get(key) !== highlight) return;
      this.#shown.delete(key);
      this.#notify();
    }, shownMs);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The actor of the audit entry about the target, or the only actor of the step. */
function actorOf(audit: readonly AuditEntryRecord[], targetId: string | null): AuditEntryRecord['actor'] {
  const about = audit.find(({ targetObject, actor }) => actor && targetObject === targetId);
  if (about) return about.actor;
  const actors = new Map(audit.flatMap(({ actor }) => (actor ? [[actor.id ?? actor.name, actor] as const] : [])));
  return actors.size === 1 ? [...actors.values()][0]! : null;
}
