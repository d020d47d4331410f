import type { OrgState, ProjectKeyRecord, ProjectRecord } from '@rollcall/protocol';
import { projectKeyEvent } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { created } from '../../../domain/changes.ts';
import { newProjectKey, publicKeyBytes } from '../../../domain/projects/project-keys.ts';
import { randomHex } from '../../../runtime/secrets/random.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadProject } from '../load-by-path.ts';

export interface CreateProjectKey {
  /** Id or slug. */
  readonly project: string;
  /** Null for a generated name. */
  readonly name: string | null;
  readonly rateLimit: ProjectKeyRecord['rateLimit'];
  readonly browserSdkVersion?: string | undefined;
  readonly loaderOptions: Partial<ProjectKeyRecord['dynamicSdkLoaderOptions']>;
}

interface Facts {
  readonly state: OrgState;
  readonly project: ProjectRecord;
  readonly id: string;
}

/** Digits of the public part in a generated name. */
const digitsInName = 6;

/** Adds a key to a project (REST contract 9.1, 9.5). */
export const createProjectKey: Command<CreateProjectKey, Facts, ProjectKeyRecord> = {
  name: 'create-project-key',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    return { state, project: await loadProject(tx, state, input.project), id: randomHex(publicKeyBytes) };
  },

  decide(input, { state, project, id }, { actor, now, refuseInvalid }) {
    authorize(state, actor, ['project:write', 'project:admin'], { projectId: project.id });
    refuseInvalid();
    const name = input.name ?? `Key ${id.slice(0, digitsInName)}`;
    const fresh = newProjectKey({ id, projectId: project.id, name, now });
    const key: ProjectKeyRecord = {
      ...fresh,
      rateLimit: input.rateLimit,
      browserSdkVersion: input.browserSdkVersion ?? fresh.browserSdkVersion,
      dynamicSdkLoaderOptions: { ...fresh.dynamicSdkLoaderOptions, ...input.loaderOptions },
    };
    const audit = [projectKeyEvent('projectkey.create', project, key, `added project key ${id}`)];
    return { changes: [created('project-key', key)], audit, result: key };
  },
};
