import type { AuditEntryRecord, MemberUser } from '@rollcall/protocol';
import type { auditEntryShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import type { Db } from '../../../database/database.ts';
import { readUsersById } from '../../../read-path/queries/identity/find-users.ts';
import { readUserDetails } from '../../../read-path/queries/identity/user-details.ts';
import { auditEntrySeenBy, type ResponseRecipient, userSeenBy } from '../../../read-path/queries/recipient.ts';
import { presentUser } from '../identity/present-user.ts';

/** The parts of an entry's data that REST shows (REST contract 11). */
const shownData = ['id', 'slug', 'old_slug', 'new_slug', 'name'] as const;

/**
 * Presents entries of the audit log in REST's form. Users have their current names, tokens the
 * names of that time.
 */
export async function presentAuditEntries(
  db: Db,
  recipient: ResponseRecipient,
  entries: readonly AuditEntryRecord[],
): Promise<ResponseOf<typeof auditEntryShape>[]> {
  const userIds = [...new Set(entries.flatMap(({ actor, targetUser }) => [actor?.id, targetUser?.id].filter((id) => id != null)))];
  const [users, details] = await Promise.all([readUsersById(db, userIds), readUserDetails(db, userIds)]);
  const present = (user: MemberUser | undefined) => (user ? presentUser(userSeenBy(recipient, user), details.get(user.id) ?? null) : null);
  return entries
    .map((recorded) => auditEntrySeenBy(recipient, recorded))
    .map((entry) => ({
      id: entry.id,
      actor: entry.actor?.id == null ? entry.actor && { name: entry.actor.name } : present(users.get(entry.actor.id)),
      ...(entry.operator && { operator: entry.operator }),
      event: entry.event,
      ipAddress: entry.ipAddress,
      note: entry.note,
      targetObject: entry.targetObject === null ? null : Number(entry.targetObject),
      targetUser: entry.targetUser ? present(users.get(entry.targetUser.id)) : null,
      data: Object.fromEntries(shownData.flatMap((key) => (key in entry.data ? [[key, entry.data[key]]] : []))),
      dateCreated: entry.dateCreated,
    }));
}
