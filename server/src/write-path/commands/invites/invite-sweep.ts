import { sql } from 'kysely';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { deleteOldInvites } from './recent-invites.ts';
import { removeExpiredInvites } from './remove-expired-invites.ts';

/** Removes expired invites. */
export function inviteSweep(path: WritePath): Sweep {
  const { db } = path.database;
  return sweep(path.log, {
    name: 'expired invites',
    // Expired invites are kept for 30 days, so an hour more is negligible. A query uses an index.
    every: 60 * 60 * 1_000,
    find: () =>
      db
        .selectFrom('members')
        .select('organization_id as orgId')
        .distinct()
        .where('user_id', 'is', null)
        .where('detached_user', 'is', null)
        .where('invite_expires_at', '<', sql<string>`clock_timestamp() - interval '30 days'`)
        .execute(),
    command: ({ orgId }) => runSystemCommand(path, removeExpiredInvites, { orgId, input: {}, requestId: null }),
    clean: () => deleteOldInvites(db),
  });
}
