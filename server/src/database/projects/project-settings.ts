import { defaultProjectSettings, type ProjectSettings, type ProjectSettingsRecord } from '@rollcall/protocol';
import { anyOf } from '../any-of.ts';
import type { Db, Tx } from '../database.ts';

/**
 * Settings of projects as rows and as records, and the secret settings, which are not part of any
 * record.
 */

export const projectSettingsColumns = ['project_id', 'settings'] as const;

interface ProjectSettingsRow {
  readonly project_id: string;
  readonly settings: ProjectSettings;
}

/** A row that is older than a setting has the setting's default. */
export function projectSettingsFromRow({ project_id, settings }: ProjectSettingsRow): ProjectSettingsRecord {
  return { id: project_id, ...defaultProjectSettings, ...settings, options: { ...defaultProjectSettings.options, ...settings.options } };
}

export async function readProjectSettings(db: Db, orgId: string, projectIds?: readonly string[]): Promise<ProjectSettingsRecord[]> {
  let query = db.selectFrom('project_settings').select(projectSettingsColumns).where('organization_id', '=', orgId);
  if (projectIds) query = query.where('project_id', '=', anyOf('bigint', projectIds));
  return (await query.execute()).map(projectSettingsFromRow);
}

/** Only callers who may write the project see these values (docs/adr/0020). */
export interface ProjectSecrets {
  /** Sent with every request that fetches something from the project's own servers. */
  readonly securityToken: string;
  /** JSON that contains the passwords of symbol servers. */
  readonly symbolSources: string;
}

/** Blank for a project that does not exist. A project may be removed during the read. */
export async function readProjectSecrets(db: Db, orgId: string, projectId: string): Promise<ProjectSecrets> {
  const row = await db
    .selectFrom('projects')
    .select(['security_token', 'symbol_sources'])
    .where('organization_id', '=', orgId)
    .where('id', '=', projectId)
    .executeTakeFirst();
  return { securityToken: row?.security_token ?? '', symbolSources: row?.symbol_sources ?? '' };
}

export async function saveProjectSecrets(
  tx: Tx,
  orgId: string,
  projectId: string,
  { securityToken, symbolSources }: ProjectSecrets,
): Promise<void> {
  await tx
    .updateTable('projects')
    .set({ security_token: securityToken, symbol_sources: symbolSources })
    .where('organization_id', '=', orgId)
    .where('id', '=', projectId)
    .execute();
}
