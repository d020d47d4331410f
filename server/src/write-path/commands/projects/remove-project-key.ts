import { projectKeyEvent } from '../../../domain/audit/audit.ts';
import { authorize, notFound } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../command.ts';
import { loadProjectKeyFacts, type NamedProjectKey, type ProjectKeyFacts } from './update-project-key.ts';

/** Removes a key of a project, also the last one (REST contract 9.1). */
export const removeProjectKey: Command<NamedProjectKey, ProjectKeyFacts, null> = {
  name: 'remove-project-key',

  load: loadProjectKeyFacts,

  decide(_input, { state, project, key }, { actor }) {
    authorize(state, actor, 'project:admin', { projectId: project.id });
    if (!key) throw notFound();
    const audit = [projectKeyEvent('projectkey.remove', project, key, `removed project key ${key.id}`)];
    return { changes: [removed('project-key', key)], audit, result: null };
  },
};
