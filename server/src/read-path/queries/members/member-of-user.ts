import type { Db } from '../../../database/database.ts';

/** The id of the user's member. Null if the user is not a member. */
export async function findMemberOfUser(db: Db, orgId: string, userId: string): Promise<string | null> {
  const row = await db
    .selectFrom('members')
    .select('id')
    .where('organization_id', '=', orgId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row?.id ?? null;
}
