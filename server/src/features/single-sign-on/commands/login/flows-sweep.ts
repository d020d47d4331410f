import { startSweep } from '../../../../runtime/start-sweep.ts';
import type { WritePath } from '../../../../write-path/run-command.ts';
import { deleteOldFlows } from '../../database/sso-flows.ts';

const intervalMs = 60 * 1_000;

/** Deletes logins that were not finished, and used assertions that have expired. */
export function startFlowsSweep({ database, log }: Pick<WritePath, 'database' | 'log'>): AsyncDisposable {
  return startSweep(intervalMs, () =>
    deleteOldFlows(database.db).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'could not remove old logins by single sign-on; the next sweep tries again');
    }),
  );
}
