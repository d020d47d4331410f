import type { LogChange } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readExternalTeamsOf } from '../../../database/outlets/mappings.ts';
import { refuseFollowedTeams, teamsWithNewMembers } from '../domain/followed-teams.ts';

/**
 * Write path 3/5, second half: refuses to change the members of a team that follows a provider's
 * team. It applies to every command, so that no way in is forgotten.
 */
export async function refuseToChangeFollowedTeams(tx: Tx, orgId: string, changes: readonly LogChange[]): Promise<void> {
  const teamIds = teamsWithNewMembers(changes);
  if (teamIds.length > 0) refuseFollowedTeams(await readExternalTeamsOf(tx, orgId, { teamIds, integrationIds: [] }));
}
