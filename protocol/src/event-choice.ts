import { listedKinds } from './listed-kinds.ts';
import { eventTypes } from './record-events.ts';

/** Webhooks, integrations and the changes API choose events by their types or groups of types. */

/** The name of all types of a group: `member.*` for `member.added`. */
export function groupOf(type: string): string {
  return `${type.split('.')[0]}.*`;
}

/** Webhooks and integrations never receive external ids. */
const chosenTypes = eventTypes.filter((type) => groupOf(type) !== groupOf(listedKinds['external-id'].added));

/** The types and groups that webhooks and integrations can choose. */
export const eventChoices: ReadonlySet<string> = new Set([...chosenTypes, ...chosenTypes.map(groupOf)]);

export function isChosen(chosen: readonly string[], type: string): boolean {
  return chosen.includes(type) || chosen.includes(groupOf(type));
}
