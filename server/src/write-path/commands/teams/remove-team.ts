import type { OrgState, ProjectTeamRecord, TeamMemberRecord, TeamRecord } from '@rollcall/protocol';
import { readProjectTeams, readTeamMembers } from '../../../database/records/records-read.ts';
import { authorize } from '../../../domain/authorize.ts';
import { refuseProvisionedTeam } from '../../../domain/teams/team-refusals.ts';
import { removedTeam } from '../../../domain/teams/team-removal.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadTeam } from '../load-by-path.ts';

export interface RemoveTeam {
  /** Id or slug. */
  readonly team: string;
}

interface Facts {
  readonly state: OrgState;
  readonly team: TeamRecord;
  readonly teamMembers: readonly TeamMemberRecord[];
  readonly projectTeams: readonly ProjectTeamRecord[];
}

/**
 * Removes a team with its memberships and project links. Its projects stay, even without any team
 * (REST contract 8.1).
 */
export const removeTeam: Command<RemoveTeam, Facts, null> = {
  name: 'remove-team',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    const team = await loadTeam(tx, state, input.team);
    const ofTeam = { teamIds: [team.id] };
    return {
      state,
      team,
      teamMembers: await readTeamMembers(tx, context.orgId, ofTeam),
      projectTeams: await readProjectTeams(tx, context.orgId, ofTeam),
    };
  },

  decide(_input, { state, team, teamMembers, projectTeams }, { actor }) {
    authorize(state, actor, 'team:admin', { teamId: team.id });
    refuseProvisionedTeam(team);
    return { ...removedTeam(team, teamMembers, projectTeams), result: null };
  },
};
