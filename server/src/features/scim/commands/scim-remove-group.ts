import type { OrgState, ProjectTeamRecord, TeamMemberRecord, TeamRecord } from '@rollcall/protocol';
import { readProjectTeams, readTeamMembers } from '../../../database/records/records-read.ts';
import { authorizeScim } from '../../../domain/access/scim-access.ts';
import { removedTeam } from '../../../domain/teams/team-removal.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadEnteredState } from '../../../write-path/commands/load-by-path.ts';
import { loadScimGroup } from './load-scim.ts';

interface Facts {
  readonly state: OrgState;
  readonly team: TeamRecord;
  readonly teamMembers: readonly TeamMemberRecord[];
  readonly projectTeams: readonly ProjectTeamRecord[];
}

/** Removes a team for the identity provider. Its projects stay (REST contract 12.2). */
export const scimRemoveGroup: Command<{ readonly group: string }, Facts, null> = {
  name: 'scim-remove-group',

  async load(tx, { group }, context) {
    const state = await loadEnteredState(tx, context);
    authorizeScim(state, context.actor, ['team:admin']);
    const { team } = await loadScimGroup(tx, state, group);
    const ofTeam = { teamIds: [team.id] };
    return {
      state,
      team,
      teamMembers: await readTeamMembers(tx, context.orgId, ofTeam),
      projectTeams: await readProjectTeams(tx, context.orgId, ofTeam),
    };
  },

  decide(_input, { state, team, teamMembers, projectTeams }, { actor }) {
    authorizeScim(state, actor, ['team:admin']);
    return { ...removedTeam(team, teamMembers, projectTeams), result: null };
  },
};
