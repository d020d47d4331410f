import { sql } from 'kysely';
import type { DuePolls } from '../../../database/due-polls.ts';
import { forEachConcurrently } from '../../../runtime/for-each-concurrently.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand, sweptOrganizationsMax } from '../../run-system-command.ts';
import { removeExpiredAddresses } from './remove-expired-addresses.ts';

const isExpired = sql<boolean>`next_expiry <= now()`;

/**
 * Removes expired rules. All instances do it. Open subscriptions end within 2 s of the expiry of a
 * rule (REST contract 13.3). Dispose the result to stop.
 * @param signal stops it between two organizations
 */
export function startExpiredAddressesSweep(path: WritePath, duePolls: DuePolls, signal: AbortSignal): AsyncDisposable {
  return duePolls.add({
    isDue: sql<boolean>`EXISTS (SELECT FROM ip_allow_lists WHERE ${isExpired})`,
    async poll(isDue) {
      if (!isDue) return;
      await sweepExpiredAddresses(path, signal).catch((error: unknown) => {
        path.log.warn({ error: String(error) }, 'could not check for expired addresses; the next poll tries again');
      });
    },
  });
}

export async function sweepExpiredAddresses(path: WritePath, signal: AbortSignal): Promise<void> {
  const found = await path.database.db.selectFrom('ip_allow_lists').select('organization_id').where(isExpired).execute();
  await forEachConcurrently(found, { concurrentMax: sweptOrganizationsMax, signal }, ({ organization_id }) =>
    removeExpired(path, organization_id),
  );
}

/** An organization whose lock is held does not prevent the removals of the others. */
async function removeExpired(path: WritePath, orgId: string): Promise<void> {
  await runSystemCommand(path, removeExpiredAddresses, { orgId, input: {}, requestId: null }).catch((error: unknown) => {
    path.log.warn({ orgId, error: String(error) }, "could not remove an organization's expired addresses; the next poll tries again");
  });
}
