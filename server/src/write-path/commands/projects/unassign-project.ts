import { OrgError, type ProjectRecord, type ProjectTeamRecord, projectTeamId } from '@rollcall/protocol';
import { projectEvent } from '../../../domain/audit/audit.ts';
import { authorize, forbidden, isAuthorized } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { type AssignProject, assignProject, noSuchTeam, type ProjectTeamFacts } from './assign-project.ts';

/**
 * Removes a team from a project, for callers who may write the project through that team (REST
 * contract 9.1).
 */
export const unassignProject: Command<AssignProject, ProjectTeamFacts, ProjectRecord> = {
  name: 'unassign-project',
  endsAccess: () => true,

  load: assignProject.load,

  decide(_input, { state, project, team }, { actor }) {
    authorize(state, actor, ['project:write', 'project:admin'], { projectId: project.id });
    if (!team) throw noSuchTeam();
    if (!isAuthorized(state, actor, 'project:write', { teamId: team.id })) {
      const { message } = forbidden();
      // The body is a list, unlike that of every other refusal (REST contract 9.1).
      throw new OrgError('forbidden', message, { body: { detail: [message] } });
    }
    const row = state.get('project-team', projectTeamId(project.id, team.id)) as unknown as ProjectTeamRecord | null;
    if (!row) return { changes: [], result: project };
    const audit = [projectEvent('project-team.remove', project, `removed team ${team.slug} from project ${project.slug}`, team)];
    return { changes: [removed('project-team', row)], audit, result: project };
  },
};
