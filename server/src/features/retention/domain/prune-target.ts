/** The decision about the new floor of an organization's log (REST contract 13.15). */

/**
 * A feed holds at least this many entries, so that a client that was disconnected briefly resumes
 * from memory.
 */
export const keptRevisionsMin = 1_000;
/**
 * The fewest revisions that a prune removes. Each prune makes a revision of its own, so at most 1
 * in 100 revisions is one, and an organization without other changes gets none.
 */
const prunedRevisionsMin = 100;
/**
 * The longest time for which a prune waits for an outlet. The attempts to deliver an event end
 * after three days, so an outlet that is fixed before has caught up.
 */
export const outletDaysMax = 7;

/** An active webhook or integration. */
export interface OutletPosition {
  readonly kind: string;
  readonly recordId: string;
  /** The revision of its next event. */
  readonly revision: number;
  /** Whether that revision is older than `outletDaysMax`. */
  readonly isLate: boolean;
}

export interface PruneFacts {
  readonly floorRevision: number;
  readonly headRevision: number;
  /** The last revision that is older than the setting allows. The floor if none is. */
  readonly agedRevision: number;
  readonly outlets: readonly OutletPosition[];
}

/** The outlets whose next event is too old to wait for. They are disabled before the prune. */
export function lateOutlets(facts: PruneFacts): OutletPosition[] {
  // The floor that would apply if no outlet needed older events.
  const target = pruneTarget({ ...facts, outlets: [] });
  return target === null ? [] : facts.outlets.filter(({ isLate, revision }) => isLate && revision <= target);
}

/** The new floor of the log. Null if the log stays as it is. */
export function pruneTarget(facts: PruneFacts): number | null {
  const held = facts.outlets.filter(({ isLate }) => !isLate).map(({ revision }) => revision - 1);
  const target = Math.min(facts.agedRevision, facts.headRevision - keptRevisionsMin, ...held);
  return target - facts.floorRevision >= prunedRevisionsMin ? target : null;
}
