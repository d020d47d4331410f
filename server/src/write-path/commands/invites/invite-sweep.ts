import { sql } from 'kysely';
import { startSweep } from '../../../runtime/start-sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { deleteOldInvites } from './recent-invites.ts';
import { removeExpiredInvites } from './remove-expired-invites.ts';

/**
 * Invites are valid for 30 days, so an hour more is negligible. Each check is one query that uses
 * an index.
 */
const intervalMs = 60 * 60 * 1_000;

/**
 * Removes expired invites. All instances run it. Dispose the result to stop.
 * @param signal stops it between two organizations
 */
export function startInviteSweep(path: WritePath, signal: AbortSignal): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepInvites(path, signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not remove expired invites; the next sweep tries again');
    }),
  );
}

export async function sweepInvites(path: WritePath, signal?: AbortSignal): Promise<void> {
  const { db } = path.database;
  await deleteOldInvites(db);
  // This query finds a superset. The command decides under the lock.
  const found = await db
    .selectFrom('members')
    .select('organization_id')
    .distinct()
    .where('user_id', 'is', null)
    .where('detached_user', 'is', null)
    .where('invite_expires_at', '<', sql<string>`clock_timestamp() - interval '30 days'`)
    .execute();
  for (const { organization_id: orgId } of found) {
    if (signal?.aborted) return;
    await runSystemCommand(path, removeExpiredInvites, { orgId, input: {}, requestId: null }).catch((error: unknown) => {
      path.log.warn({ orgId, error: String(error) }, "could not remove an organization's expired invites; the next sweep tries again");
    });
  }
}
