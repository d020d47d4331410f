import { sql } from 'kysely';
import { forEachConcurrently } from '../../../runtime/for-each-concurrently.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand, sweptOrganizationsMax } from '../../../write-path/run-system-command.ts';
import { removeExpiredScimTokens } from './remove-expired-scim-tokens.ts';

const intervalMs = 60_000;

/**
 * Removes the expired tokens of identity providers. Dispose the result to stop.
 * @param signal stops it between two organizations
 */
export function startScimTokensSweep(path: WritePath, signal: AbortSignal): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepScimTokens(path, signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not check for expired SCIM tokens; the next sweep tries again');
    }),
  );
}

export async function sweepScimTokens(path: WritePath, signal?: AbortSignal): Promise<void> {
  const found = await path.database.db
    .selectFrom('auth_tokens')
    .select('organization_id')
    .distinct()
    .where('is_for_scim', '=', true)
    .where('expires_at', '<=', sql<string>`clock_timestamp()`)
    .execute();
  await forEachConcurrently(found, { concurrentMax: sweptOrganizationsMax, signal }, ({ organization_id }) =>
    removeExpired(path, organization_id!),
  );
}

/** An organization whose lock is held does not prevent the removals of the others. */
async function removeExpired(path: WritePath, orgId: string): Promise<void> {
  await runSystemCommand(path, removeExpiredScimTokens, { orgId, input: {}, requestId: null }).catch((error: unknown) => {
    path.log.warn({ orgId, error: String(error) }, "could not remove an organization's expired SCIM tokens; the next sweep tries again");
  });
}
