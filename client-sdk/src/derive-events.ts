import { eventsOfChange, type RecordEvent } from '@rollcall/protocol';
import type { ChangeEvent } from './events.ts';
import type { ChangeCause } from './replica.ts';
import type { RecordChange } from './replica-records.ts';

/** Derives the events of one step, in the order in which the records changed. */
export function deriveEvents(org: string, revision: number, cause: ChangeCause, changes: readonly RecordChange[]): readonly ChangeEvent[] {
  // If the view changed, a new record may have existed before, and a forgotten one may still exist.
  const isAppearance = (change: RecordChange) => cause === 'view' && !change.before;
  const appeared = changes.filter(isAppearance);
  const disappeared = changes.filter((change) => change.isForgotten);
  const ordinary = changes.filter((change) => !isAppearance(change) && !change.isForgotten);

  const drafts: RecordEvent[] = ordinary.flatMap(eventsOfChange);
  if (cause === 'view') drafts.push({ type: 'access.changed', appeared, disappeared });
  return Object.freeze(drafts.map((draft) => Object.freeze({ ...draft, org, revision, cause }) as unknown as ChangeEvent));
}
