import { type OrgState, type ProjectRecord, projectTeamId, type TeamRecord } from '@rollcall/protocol';
import { projectEvent } from '../../../domain/audit/audit.ts';
import { authorize, notFound } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { findTeam, loadEnteredState, loadProject } from '../load-by-path.ts';

export interface AssignProject {
  /** Id or slug. */
  readonly project: string;
  /** Id or slug. */
  readonly team: string;
}

export interface ProjectTeamFacts {
  readonly state: OrgState;
  readonly project: ProjectRecord;
  /** Null if there is no such team. That is checked after the caller's rights on the project. */
  readonly team: TeamRecord | null;
}

export function noSuchTeam() {
  return notFound('Team does not exist.');
}

/** Adds a team to a project, for callers who may write the project (REST contract 9.1). */
export const assignProject: Command<AssignProject, ProjectTeamFacts, ProjectRecord> = {
  name: 'assign-project',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    const project = await loadProject(tx, state, input.project);
    return { state, project, team: await findTeam(tx, state, input.team) };
  },

  decide(_input, { state, project, team }, { actor }) {
    authorize(state, actor, ['project:write', 'project:admin'], { projectId: project.id });
    if (!team) throw noSuchTeam();
    const id = projectTeamId(project.id, team.id);
    if (state.get('project-team', id) !== null) return { changes: [], result: project };
    const audit = [projectEvent('project-team.add', project, `added team ${team.slug} to project ${project.slug}`, team)];
    return { changes: [created('project-team', { id, projectId: project.id, teamId: team.id })], audit, result: project };
  },
};
