import type { MemberRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { readMembers } from '../records/records-read.ts';

/**
 * Reads the invites and requests for an address, and the members whose users have it as primary or
 * verified address. The comparison ignores case.
 */
export async function readMembersByEmail(db: Db, orgId: string, email: string): Promise<MemberRecord[]> {
  const userIds = await readUserIdsByEmail(db, email);
  const addressed = await readMembers(db, orgId, { inviteEmails: [email] });
  return userIds.length > 0 ? [...addressed, ...(await readMembers(db, orgId, { userIds }))] : addressed;
}

async function readUserIdsByEmail(db: Db, email: string): Promise<string[]> {
  const isIt = sql<boolean>`lower(email) = ${email.toLowerCase()}`;
  const rows = await db
    .selectFrom('users')
    .select('id')
    .where(isIt)
    .union(db.selectFrom('user_emails').select('user_id as id').where(isIt).where('is_verified', '=', true))
    .execute();
  return rows.map(({ id }) => id);
}
