import type { ExternalTeamRecord, ExternalUserRecord, LogChange } from '@rollcall/protocol';
import { removed } from '../../../domain/changes.ts';

/**
 * Any command that removes a member, a team or an integration also removes their mappings. These
 * two functions derive that from the command's changes.
 */

export interface Mappings {
  readonly users: readonly ExternalUserRecord[];
  readonly teams: readonly ExternalTeamRecord[];
}

/** The removed parents of mappings. Null if there are none. */
export function removedParents(changes: readonly LogChange[]) {
  const removedIds = (kind: string) => changes.flatMap((change) => (change.kind === kind && change.after === null ? [change.id] : []));
  const parents = { memberIds: removedIds('member'), teamIds: removedIds('team'), integrationIds: removedIds('integration') };
  return Object.values(parents).every((ids) => ids.length === 0) ? null : parents;
}

/** The removals of these mappings, except those that the changes already contain. */
export function removedMappings(changes: readonly LogChange[], { users, teams }: Mappings): LogChange[] {
  const handled = new Set(changes.map(({ kind, id }) => `${kind}:${id}`));
  return [...users.map((record) => removed('external-user', record)), ...teams.map((record) => removed('external-team', record))].filter(
    ({ kind, id }) => !handled.has(`${kind}:${id}`),
  );
}
