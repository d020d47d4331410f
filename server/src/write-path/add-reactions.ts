import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../database/database.ts';
import { refuseToChangeFollowedTeams } from '../features/integrations/reactions/refuse-followed-teams.ts';
import { removeMappings } from '../features/integrations/reactions/remove-mappings.ts';
import { systemClock, yieldToLoop } from '../runtime/clock.ts';
import { changesPerTurnMax } from './append-to-log.ts';
import { closeAccessRequests } from './reactions/close-access-requests.ts';
import { deriveExternalIds } from './reactions/derive-external-ids.ts';

/** Write path 3/5, second half: the changes that follow from those of any command. */

type Reaction = (tx: Tx, orgId: string, changes: readonly LogChange[]) => Promise<LogChange[]>;

const reactions: readonly Reaction[] = [closeAccessRequests, removeMappings, deriveExternalIds];

/**
 * @param changesFollowedTeams see `Command`
 * @returns the command's changes, and those that follow from them
 * @throws OrgError `forbidden` for a change of a team that follows a provider's team
 */
export async function addReactions(
  tx: Tx,
  changesFollowedTeams: boolean,
  orgId: string,
  changes: readonly LogChange[],
): Promise<LogChange[]> {
  const refuse = async () => {
    if (!changesFollowedTeams) await refuseToChangeFollowedTeams(tx, orgId, changes);
    return [];
  };
  const all = [...reactions, refuse];
  if (changes.length <= changesPerTurnMax) {
    // Their statements share a round trip.
    const added = await Promise.all(all.map((react) => react(tx, orgId, changes)));
    return [...changes, ...added.flat()];
  }
  const result = [...changes];
  for (const react of all) {
    // Each of them looks at all changes.
    await yieldToLoop(systemClock);
    result.push(...(await react(tx, orgId, changes)));
  }
  return result;
}
