import { defaultProjectSettings, type ProjectSettings, type ProjectSettingsRecord } from '@rollcall/protocol';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';

/** What is set on projects, as rows and as records; and what is set but is no part of any record. */

export const projectSettingsColumns = ['project_id', 'settings'] as const;

interface ProjectSettingsRow {
  readonly project_id: string;
  readonly settings: ProjectSettings;
}

/** A row from before a setting came into being has it at its default. */
export function projectSettingsFromRow({ project_id, settings }: ProjectSettingsRow): ProjectSettingsRecord {
  return { id: project_id, ...defaultProjectSettings, ...settings, options: { ...defaultProjectSettings.options, ...settings.options } };
}

export async function readProjectSettings(db: Db, orgId: string, projectIds?: readonly string[]): Promise<ProjectSettingsRecord[]> {
  let query = db.selectFrom('project_settings').select(projectSettingsColumns).where('organization_id', '=', orgId);
  if (projectIds) query = query.where('project_id', '=', anyOf('bigint', projectIds));
  return (await query.execute()).map(projectSettingsFromRow);
}

/** Only those who may write the project are shown these (docs/adr/0020). */
export interface ProjectSecrets {
  /** Sent along with whatever is fetched from the project's own servers. */
  readonly securityToken: string;
  /** JSON, in which servers of symbols have their passwords. */
  readonly symbolSources: string;
}

/** Blank for a project that is gone, as one may be while it is read. */
export async function readProjectSecrets(db: Db, projectId: string): Promise<ProjectSecrets> {
  const row = await db.selectFrom('projects').select(['security_token', 'symbol_sources']).where('id', '=', projectId).executeTakeFirst();
  return { securityToken: row?.security_token ?? '', symbolSources: row?.symbol_sources ?? '' };
}

export async function saveProjectSecrets(tx: Tx, projectId: string, { securityToken, symbolSources }: ProjectSecrets): Promise<void> {
  await tx
    .updateTable('projects')
    .set({ security_token: securityToken, symbol_sources: symbolSources })
    .where('id', '=', projectId)
    .execute();
}
