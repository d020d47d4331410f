import type { Audience } from '../../protocol/src/index.ts';
import { Snapshots } from '../../server/src/read-path/subscriptions/snapshots.ts';

/** Observes every snapshot that is built, from outside. Only one schedule runs at a time. */

/** The time after each use for which a process shares a snapshot with one part. */
const keptMs = 1_000;

let watch: { readonly now: () => number; readonly builtAgain: (audienceKey: string) => void } | null = null;
const builds = new WeakMap<Snapshots, Map<string, { readonly snapshot: unknown; readonly at: number }>>();

export function watchSnapshots(now: () => number, builtAgain: (audienceKey: string) => void): void {
  watch = { now, builtAgain };
}

const { get, clear } = Snapshots.prototype;

Snapshots.prototype.get = function (audience: Audience) {
  const snapshot = get.call(this, audience);
  const byAudience = builds.get(this) ?? new Map();
  builds.set(this, byAudience);
  const earlier = byAudience.get(audience.key);
  if (!watch) return snapshot;
  if (earlier && earlier.snapshot !== snapshot && watch.now() - earlier.at < keptMs) watch.builtAgain(audience.key);
  byAudience.set(audience.key, { snapshot, at: watch.now() });
  return snapshot;
};

Snapshots.prototype.clear = function () {
  builds.delete(this);
  clear.call(this);
};
