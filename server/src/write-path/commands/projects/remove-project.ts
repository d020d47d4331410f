import type { OrgState, ProjectKeyRecord, ProjectRecord, ProjectSettingsRecord, ProjectTeamRecord } from '@rollcall/protocol';
import { readProjectKeys } from '../../../database/projects/project-keys.ts';
import { readProjectSettings } from '../../../database/projects/project-settings.ts';
import { readProjectTeams } from '../../../database/records/records-read.ts';
import { projectEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadProject } from '../load-by-path.ts';

export interface RemoveProject {
  /** Id or slug. */
  readonly project: string;
}

interface Facts {
  readonly state: OrgState;
  readonly project: ProjectRecord;
  readonly projectTeams: readonly ProjectTeamRecord[];
  readonly keys: readonly ProjectKeyRecord[];
  /** Contains at most one record. */
  readonly settings: readonly ProjectSettingsRecord[];
}

/**
 * Removes a project with its team links, keys and settings. Its slug becomes available immediately
 * (REST contract 9.1).
 */
export const removeProject: Command<RemoveProject, Facts, null> = {
  name: 'remove-project',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    const project = await loadProject(tx, state, input.project);
    const ofProject = { projectIds: [project.id] };
    return {
      state,
      project,
      projectTeams: await readProjectTeams(tx, context.orgId, ofProject),
      keys: await readProjectKeys(tx, context.orgId, ofProject),
      settings: await readProjectSettings(tx, context.orgId, [project.id]),
    };
  },

  decide(_input, { state, project, projectTeams, keys, settings }, { actor }) {
    authorize(state, actor, 'project:admin', { projectId: project.id });
    const changes = [
      ...projectTeams.map((row) => removed('project-team', row)),
      ...keys.map((key) => removed('project-key', key)),
      ...settings.map((record) => removed('project-settings', record)),
      removed('project', project),
    ];
    return { changes, audit: [projectEvent('project.remove', project, `removed project ${project.slug}`)], result: null };
  },
};
