import type { Db } from '../database.ts';
import { detachedUserId } from '../records/records-read.ts';

/**
 * Whether a user belongs to another organization, or did until that organization required a second
 * factor.
 */
export async function isMemberElsewhere(db: Db, userId: string, orgId: string): Promise<boolean> {
  const row = await db
    .selectFrom('members')
    .select('id')
    .where((eb) => eb.or([eb('user_id', '=', userId), eb(detachedUserId, '=', userId)]))
    .where('organization_id', '!=', orgId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
