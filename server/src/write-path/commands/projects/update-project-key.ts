import type { OrgState, ProjectKeyRecord, ProjectRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { readProjectKeys } from '../../../database/projects/project-keys.ts';
import { projectKeyEvent } from '../../../domain/audit/audit.ts';
import { authorize, notFound } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { Command, LoadContext } from '../../command.ts';
import { loadEnteredState, loadProject } from '../load-by-path.ts';

export interface NamedProjectKey {
  /** Id or slug. */
  readonly project: string;
  readonly key: string;
}

export interface UpdateProjectKey extends NamedProjectKey {
  readonly name?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly rateLimit?: ProjectKeyRecord['rateLimit'] | undefined;
  readonly browserSdkVersion?: string | undefined;
  readonly loaderOptions: Partial<ProjectKeyRecord['dynamicSdkLoaderOptions']>;
}

export interface ProjectKeyFacts {
  readonly state: OrgState;
  readonly project: ProjectRecord;
  /** Null if the project has no such key. */
  readonly key: ProjectKeyRecord | null;
}

/** Changes a key's name and limits, or disables or enables it (REST contract 9.1, 9.5). */
export const updateProjectKey: Command<UpdateProjectKey, ProjectKeyFacts, ProjectKeyRecord> = {
  name: 'update-project-key',

  load: loadProjectKeyFacts,

  decide(input, { state, project, key }, { actor, refuseInvalid }) {
    authorize(state, actor, ['project:write', 'project:admin'], { projectId: project.id });
    if (!key) throw notFound();
    refuseInvalid();
    const after: ProjectKeyRecord = {
      ...key,
      name: input.name ?? key.name,
      isActive: input.isActive ?? key.isActive,
      rateLimit: input.rateLimit === undefined ? key.rateLimit : input.rateLimit,
      browserSdkVersion: input.browserSdkVersion ?? key.browserSdkVersion,
      dynamicSdkLoaderOptions: { ...key.dynamicSdkLoaderOptions, ...input.loaderOptions },
    };
    const changes = updated('project-key', key, after);
    const audit = changes.map(() => projectKeyEvent('projectkey.edit', project, after, `edited project key ${after.id}`));
    return { changes, audit, result: after };
  },
};

export async function loadProjectKeyFacts(tx: Tx, input: NamedProjectKey, context: LoadContext): Promise<ProjectKeyFacts> {
  const state = await loadEnteredState(tx, context);
  const project = await loadProject(tx, state, input.project);
  const [key] = await readProjectKeys(tx, context.orgId, { ids: [input.key], projectIds: [project.id] });
  return { state, project, key: key ?? null };
}
