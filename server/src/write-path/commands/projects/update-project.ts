import type { OrgState, ProjectRecord, ProjectSettingsRecord } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { endRedirect, keepRedirect } from '../../../database/projects/project-redirects.ts';
import {
  type ProjectSecrets,
  readProjectSecrets,
  readProjectSettings,
  saveProjectSecrets,
} from '../../../database/projects/project-settings.ts';
import { readProjects } from '../../../database/records/records-read.ts';
import { projectEdited } from '../../../domain/audit/audit.ts';
import { authorize } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import { platformErrors, projectSlugErrors } from '../../../domain/projects/project-errors.ts';
import { type SettingsChange, settingsChanges, settingsErrors, withSettings } from '../../../domain/projects/project-settings.ts';
import type { Command } from '../../command.ts';
import { loadEnteredState, loadProject } from '../load-by-path.ts';

export interface UpdateProject {
  /** Id or slug. */
  readonly project: string;
  readonly slug?: string | undefined;
  readonly name?: string | undefined;
  readonly platform?: string | null | undefined;
  readonly settings: SettingsChange;
  readonly secrets: Partial<ProjectSecrets>;
  /** The caller's own bookmark, which other users don't see. */
  readonly isBookmarked?: boolean | undefined;
  /** Whether the body contains fields other than the bookmark. */
  readonly isAboutProject: boolean;
}

interface Facts {
  readonly state: OrgState;
  readonly project: ProjectRecord;
  /** The project that has the requested slug. It may be this project. */
  readonly slugOwner: ProjectRecord | null;
  /** Null if every setting has its default. */
  readonly settings: ProjectSettingsRecord | null;
  readonly secrets: ProjectSecrets;
}

interface UpdatedProject {
  readonly before: ProjectRecord;
  readonly after: ProjectRecord;
  /** Null if the secrets stay unchanged. */
  readonly secrets: ProjectSecrets | null;
  readonly isBookmarked: boolean | undefined;
}

const writeScopes = ['project:write', 'project:admin'] as const;

/**
 * Changes a project and its settings, or only the caller's bookmark (REST contract 9.1, 9.2, 9.4).
 */
export const updateProject: Command<UpdateProject, Facts, UpdatedProject> = {
  name: 'update-project',

  async load(tx, input, context) {
    const state = await loadEnteredState(tx, context);
    const project = await loadProject(tx, state, input.project);
    const [slugOwner] = input.slug === undefined ? [] : await readProjects(tx, context.orgId, { slugs: [input.slug] });
    const [settings] = await readProjectSettings(tx, context.orgId, [project.id]);
    const secrets = await readProjectSecrets(tx, context.orgId, project.id);
    return { state, project, slugOwner: slugOwner ?? null, settings: settings ?? null, secrets };
  },

  decide(input, { state, project, slugOwner, settings, secrets }, { actor, refuseInvalid }) {
    authorize(state, actor, input.isAboutProject ? writeScopes : ['project:read', ...writeScopes], { projectId: project.id });
    const isTaken = slugOwner !== null && slugOwner.id !== project.id;
    const taken = isTaken ? { slug: [`Another project (${slugOwner.name}) is already using that slug`] } : {};
    const settingsAfter = withSettings(project.id, settings, input.settings);
    refuseInvalid(projectSlugErrors(input.slug), platformErrors(input.platform), taken, settingsErrors(settingsAfter));
    const after: ProjectRecord = {
      ...project,
      slug: input.slug ?? project.slug,
      name: input.name ?? project.name,
      platform: input.platform === undefined ? project.platform : input.platform,
    };
    const changes = [...updated('project', project, after), ...settingsChanges(settings, settingsAfter)];
    const secretsAfter = changedSecrets(secrets, input.secrets);
    const audit = changes.length > 0 || secretsAfter ? [projectEdited(project, after)] : [];
    return { changes, audit, result: { before: project, after, secrets: secretsAfter, isBookmarked: input.isBookmarked } };
  },

  async persistSideEffects(tx, { result: { before, after, secrets, isBookmarked } }, { orgId, actor }) {
    if (after.slug !== before.slug) {
      await endRedirect(tx, orgId, after.slug);
      await keepRedirect(tx, orgId, before.slug, after.id);
    }
    if (secrets) await saveProjectSecrets(tx, orgId, after.id, secrets);
    if (isBookmarked !== undefined && actor.kind === 'user') await saveBookmark(tx, orgId, actor.userId, after.id, isBookmarked);
  },
};

function changedSecrets(before: ProjectSecrets, change: Partial<ProjectSecrets>): ProjectSecrets | null {
  const after = { ...before, ...change };
  const isSame = after.securityToken === before.securityToken && after.symbolSources === before.symbolSources;
  return isSame ? null : after;
}

async function saveBookmark(tx: Tx, orgId: string, userId: string, projectId: string, isBookmarked: boolean): Promise<void> {
  if (isBookmarked) {
    await tx
      .insertInto('project_bookmarks')
      .values({ organization_id: orgId, user_id: userId, project_id: projectId })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  } else {
    await tx
      .deleteFrom('project_bookmarks')
      .where('organization_id', '=', orgId)
      .where('user_id', '=', userId)
      .where('project_id', '=', projectId)
      .execute();
  }
}
