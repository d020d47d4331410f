import type { Db } from '../../../database/database.ts';
import type { Actor } from '../../../domain/actor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { authorizeReader } from '../../../read-path/queries/authorized-reader.ts';
import { readExports, type StoredExport } from '../database/exports.ts';

export type { StoredExport };

/** The exports of an organization, for its owners (REST contract 13.16). */

/** @throws OrgError as `authorizeReader` */
export async function listExports(db: Db, orgId: string, actor: Actor): Promise<StoredExport[]> {
  await authorizeReader(db, orgId, actor, ['org:admin']);
  return readExports(db, orgId);
}

/**
 * An export whose file is complete.
 * @throws OrgError as `authorizeReader`; `not-found`
 */
export async function findFinishedExport(db: Db, orgId: string, actor: Actor, id: string): Promise<StoredExport> {
  const found = (await listExports(db, orgId, actor)).find((one) => one.id === id);
  if (!found) throw notFound();
  if (found.status !== 'done') throw notFound('The file of this export is not complete.');
  return found;
}
