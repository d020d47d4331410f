import type { ProjectKeyRecord } from '@rollcall/protocol';
import { anyOf } from '../../../database/any-of.ts';
import type { Db } from '../../../database/database.ts';
import { projectKeyColumns, projectKeyFromRow, readProjectKeys } from '../../../database/projects/project-keys.ts';
import { notFound } from '../../../domain/authorize.ts';
import type { Window } from '../window.ts';

/** A project's keys, newest first (REST contract 9.1). */
export async function listProjectKeys(
  db: Db,
  orgId: string,
  projectId: string,
  status: { readonly isActive?: boolean },
  { limit, offset }: Window,
): Promise<ProjectKeyRecord[]> {
  let query = db
    .selectFrom('project_keys')
    .select(projectKeyColumns)
    .where('organization_id', '=', orgId)
    .where('project_id', '=', projectId);
  if (status.isActive !== undefined) query = query.where('is_active', '=', status.isActive);
  const rows = await query.orderBy('date_created', 'desc').orderBy('public_key').limit(limit).offset(offset).execute();
  return rows.map(projectKeyFromRow);
}

/** @throws OrgError `not-found` when this project has no such key */
export async function findProjectKey(db: Db, orgId: string, projectId: string, keyId: string): Promise<ProjectKeyRecord> {
  const [key] = await readProjectKeys(db, orgId, { ids: [keyId], projectIds: [projectId] });
  if (!key) throw notFound();
  return key;
}

/** The secret part of each key, which no record contains. */
export async function readSecretParts(db: Db, orgId: string, keyIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (keyIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('project_keys')
    .select(['public_key', 'secret_key'])
    .where('organization_id', '=', orgId)
    .where('public_key', '=', anyOf('text', keyIds))
    .execute();
  return new Map(rows.map((row) => [row.public_key, row.secret_key]));
}
