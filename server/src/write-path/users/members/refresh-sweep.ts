import { startSweep } from '../../../runtime/start-sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { refreshPendingMembers } from './refresh-members.ts';

/**
 * Unfinished refreshes are rare (a crash between two transactions), and a query on an empty table
 * costs next to nothing.
 */
const intervalMs = 5_000;

/**
 * Periodically refreshes members after changes whose own refresh did not complete. Dispose the
 * result to stop.
 * @param signal stops it between two organizations
 */
export function startRefreshSweep(path: WritePath, signal: AbortSignal): AsyncDisposable {
  return startSweep(intervalMs, () =>
    refreshPendingMembers(path, signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not refresh member records; the next sweep tries again');
    }),
  );
}
