import type { ProjectKeyRecord } from '@rollcall/protocol';
import { sortedKeys } from '../../runtime/collections/sorted-keys.ts';
import { anyOf } from '../any-of.ts';
import type { Db } from '../database.ts';

/** Project keys as rows and as records. Only the rows have the secret part. */

export interface ProjectKeyFilter {
  readonly ids?: readonly string[];
  readonly projectIds?: readonly string[];
}

export const projectKeyColumns = [
  'public_key',
  'project_id',
  'name',
  'is_active',
  'rate_limit',
  'browser_sdk_version',
  'loader_options',
  'date_created',
] as const;

interface ProjectKeyRow {
  readonly public_key: string;
  readonly project_id: string;
  readonly name: string;
  readonly is_active: boolean;
  readonly rate_limit: unknown;
  readonly browser_sdk_version: string;
  readonly loader_options: unknown;
  readonly date_created: string;
}

export function projectKeyFromRow(row: ProjectKeyRow): ProjectKeyRecord {
  return {
    browserSdkVersion: row.browser_sdk_version,
    dateCreated: row.date_created,
    dynamicSdkLoaderOptions: sortedKeys(row.loader_options as ProjectKeyRecord['dynamicSdkLoaderOptions']),
    id: row.public_key,
    isActive: row.is_active,
    name: row.name,
    projectId: row.project_id,
    rateLimit: row.rate_limit as ProjectKeyRecord['rateLimit'],
  };
}

export async function readProjectKeys(db: Db, orgId: string, filter: ProjectKeyFilter = {}): Promise<ProjectKeyRecord[]> {
  let query = db.selectFrom('project_keys').select(projectKeyColumns).where('organization_id', '=', orgId);
  if (filter.ids) query = query.where('public_key', '=', anyOf('text', filter.ids));
  if (filter.projectIds) query = query.where('project_id', '=', anyOf('bigint', filter.projectIds));
  return (await query.execute()).map(projectKeyFromRow);
}
