import { OrgError } from '@rollcall/protocol';
import type { Db } from '../../../database/database.ts';
import { detachedUserId } from '../../../database/records/records-read.ts';
import { failsAnyStatement } from '../../../database/translate-error.ts';
import { refreshMemberUser } from '../../commands/members/refresh-member-user.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';

/**
 * Updates the member records of a user. Each organization gets a separate revision, because a
 * command concerns one organization.
 */

/**
 * Updates all members of a user, and then deletes the request for it. Concurrent runs are safe. If
 * an organization fails, the others are still updated, and the request remains for the next sweep.
 * @param signal stops it between two organizations; the request then remains, too
 * @throws the first error
 */
export async function refreshMembersOf(path: WritePath, userId: string, signal?: AbortSignal): Promise<void> {
  const { db } = path.database;
  const pending = await db.selectFrom('pending_refreshes').select('version').where('user_id', '=', userId).executeTakeFirst();
  if (!pending) return;
  const errors: unknown[] = [];
  for (const orgId of await readOrganizationIds(db, userId)) {
    if (signal?.aborted) return;
    try {
      await runSystemCommand(path, refreshMemberUser, { orgId, input: { userId }, requestId: null });
    } catch (error) {
      errors.push(error);
      // The others would fail too, each after a timeout.
      if (error instanceof OrgError && failsAnyStatement(error.cause)) break;
    }
  }
  if (errors.length > 0) throw errors[0];
  // A concurrent change has a newer version, and its own caller refreshes it.
  await db.deleteFrom('pending_refreshes').where('user_id', '=', userId).where('version', '=', pending.version).execute();
}

/** Organizations where the user is a member, or was one until a second factor was required. */
async function readOrganizationIds(db: Db, userId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('members')
    .select('organization_id')
    .where((eb) => eb.or([eb('user_id', '=', userId), eb(detachedUserId, '=', userId)]))
    .execute();
  return new Set(rows.map(({ organization_id }) => organization_id));
}

/**
 * Completes the refreshes that an earlier process left when it ended between a change and its
 * refresh. A failed one does not delay the others, and the next sweep repeats it.
 */
export async function refreshPendingMembers(path: WritePath, signal?: AbortSignal): Promise<void> {
  const pending = await path.database.db.selectFrom('pending_refreshes').select('user_id').orderBy('version').execute();
  for (const { user_id } of pending) {
    if (signal?.aborted) return;
    await refreshMembersOf(path, user_id, signal).catch((error: unknown) => {
      path.log.warn({ userId: user_id, error: String(error) }, "could not refresh a user's member records; the next sweep tries again");
    });
  }
}
