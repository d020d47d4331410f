import type { Db } from '../database/database.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { createSample, type NewSample } from './create-sample.ts';
import { sampleOwner, sampleSlug } from './sample-content.ts';

/** The sample organization: just made, with the secrets that are shown once, or kept from an earlier start. */
export type Sample = NewSample | { readonly ownerEmail: string; readonly ownerId: string };

/**
 * Makes the sample organization on an empty embedded database, and finds it there later. Null on a server, which is
 * somebody's production, and where it was removed.
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
