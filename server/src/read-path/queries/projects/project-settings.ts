import { defaultProjectSettings, type ProjectOptions, type ProjectRecord, type ProjectSettings } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { type ProjectSecrets, readProjectSecrets, readProjectSettings } from '../../../database/projects/project-settings.ts';
import { readProjectTeams } from '../../../database/records/records-read.ts';
import { isAuthorized } from '../../../domain/authorize.ts';
import type { AuthorizedReader } from '../authorized-reader.ts';

/**
 * A project's settings. Its secrets are blank for callers that may only read, because they give
 * access to servers of third parties.
 */
export async function readSettingsFor(
  db: Db,
  { state, actor }: AuthorizedReader,
  project: ProjectRecord,
): Promise<ProjectSettings & ProjectSecrets> {
  const { id } = project;
  const orgId = state.organization!.id;
  const [record] = await readProjectSettings(db, orgId, [id]);
  const { id: _, ...settings } = record ?? { id, ...defaultProjectSettings };
  state.put('project', project);
  for (const row of await readProjectTeams(db, orgId, { projectIds: [id] })) state.put('project-team', row);
  const mayWrite = isAuthorized(state, actor, ['project:write', 'project:admin'], { projectId: id });
  return { ...settings, ...(mayWrite ? await readProjectSecrets(db, orgId, id) : { securityToken: '', symbolSources: '' }) };
}

/** The options of each project, by project id. */
export async function readProjectOptions(
  db: Db,
  { state }: AuthorizedReader,
  projects: readonly ProjectRecord[],
): Promise<ReadonlyMap<string, ProjectOptions>> {
  const ids = projects.map(({ id }) => id);
  const set = await readProjectSettings(db, state.organization!.id, ids);
  const options = new Map(set.map((settings) => [settings.id, settings.options]));
  return new Map(ids.map((id) => [id, options.get(id) ?? defaultProjectSettings.options]));
}
