import { readExternalTeamsOf } from '../../../database/outlets/mappings.ts';
import { reaction } from '../../../write-path/reaction.ts';
import { refuseFollowedTeams, teamsWithNewMembers } from '../domain/followed-teams.ts';

/** Refuses to change the members of a team that follows a provider's team. */
export const refuseToChangeFollowedTeams = reaction({
  subjectsOf(changes) {
    const teamIds = teamsWithNewMembers(changes);
    return teamIds.length === 0 ? null : teamIds;
  },
  load: (tx, orgId, teamIds) => readExternalTeamsOf(tx, orgId, { teamIds, integrationIds: [] }),
  decide(_changes, mappings) {
    refuseFollowedTeams(mappings);
    return [];
  },
});
