import type { MemberRecord } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from './database.ts';
import { readMembers } from './records-read.ts';

/** Invites and requests for an address, and the member whose user has it. Compared without case. */
export async function readMembersByEmail(db: Db, orgId: string, email: string): Promise<MemberRecord[]> {
  const user = await db.selectFrom('users').select('id').where(sql`lower(email)`, '=', email.toLowerCase()).executeTakeFirst();
  const addressed = await readMembers(db, orgId, { inviteEmails: [email] });
  return user ? [...addressed, ...(await readMembers(db, orgId, { userIds: [user.id] }))] : addressed;
}
