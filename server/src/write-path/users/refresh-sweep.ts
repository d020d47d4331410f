import type { WritePath } from '../run-command.ts';
import { refreshPendingMembers } from './refresh-members.ts';

/** What the sweep finds is rare (a crash between two transactions), and one look at an empty table costs next to nothing. */
const intervalMs = 5_000;

/** Refreshes members from time to time for changes whose own refresh did not happen. Dispose the result to stop. */
export function startRefreshSweep(path: WritePath): AsyncDisposable {
  let underWay: Promise<void> | null = null;
  const sweep = () => {
    underWay ??= refreshPendingMembers(path)
      .catch((error: unknown) => path.log.warn({ error: String(error) }, 'members could not be refreshed; the next sweep tries again'))
      .finally(() => {
        underWay = null;
      });
  };
  const timer = setInterval(sweep, intervalMs);
  sweep();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await underWay;
    },
  };
}
