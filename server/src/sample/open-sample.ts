import type { Db } from '../database/database.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { createSample, type NewSample } from './create-sample.ts';
import { sampleOwner, sampleSlug } from './sample-content.ts';

/**
 * The sample organization: either new, with the secrets that are shown once, or from an earlier
 * start.
 */
export type Sample = NewSample | { readonly ownerEmail: string; readonly ownerId: string };

/**
 * Creates the sample organization in an empty embedded database, and finds it there at later
 * starts. Null with a PostgreSQL server, which may be in production, and if the organization was
 * removed.
 */
export async function openSample(path: WritePath): Promise<Sample | null> {
  const { db, kind } = path.database;
  if (kind !== 'pglite') return null;
  return (await isEmpty(db)) ? createSample(path) : findSample(db);
}

async function isEmpty(db: Db): Promise<boolean> {
  const user = await db.selectFrom('users').select('id').limit(1).executeTakeFirst();
  return user === undefined;
}

async function findSample(db: Db): Promise<Sample | null> {
  const owner = await db
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .innerJoin('organizations', 'organizations.id', 'members.organization_id')
    .select(['users.id', 'users.email'])
    .where('organizations.slug', '=', sampleSlug)
    .where('users.email', '=', sampleOwner.email)
    .executeTakeFirst();
  return owner ? { ownerEmail: owner.email, ownerId: owner.id } : null;
}
