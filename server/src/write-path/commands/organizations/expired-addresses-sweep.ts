import { sql } from 'kysely';
import { startSweep } from '../../../runtime/start-sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { removeExpiredAddresses } from './remove-expired-addresses.ts';

/**
 * Open subscriptions end within 2 s of the expiry of a rule (REST contract 13.3). The query reads
 * an index that contains only the lists with such a rule.
 */
const intervalMs = 1_000;

/** Removes expired rules. All instances run it. Dispose the result to stop. */
export function startExpiredAddressesSweep(path: WritePath): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepExpiredAddresses(path).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not look for expired addresses; the next sweep tries again');
    }),
  );
}

async function sweepExpiredAddresses(path: WritePath): Promise<void> {
  const found = await path.database.db
    .selectFrom('ip_allow_lists')
    .select('organization_id')
    .where('next_expiry', '<=', sql<string>`clock_timestamp()`)
    .execute();
  await Promise.all(found.map(({ organization_id }) => removeExpired(path, organization_id)));
}

/** An organization whose lock is held does not delay the others. */
async function removeExpired(path: WritePath, orgId: string): Promise<void> {
  await runSystemCommand(path, removeExpiredAddresses, { orgId, input: {}, requestId: null }).catch((error: unknown) => {
    path.log.warn({ orgId, error: String(error) }, "could not remove an organization's expired addresses; the next sweep tries again");
  });
}
