import { forgetMovedHeads, readDueRemovals, removeLeftovers } from '../../../database/organizations/removals.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { beginRemoval } from './begin-removal.ts';
import { finishRemoval } from './finish-removal.ts';

/**
 * The grace period is a day, so a minute more is negligible. Each check is two queries that use an
 * index.
 */
const intervalMs = 60 * 1_000;

/**
 * Removes organizations whose grace period has expired. All instances run it. Dispose the result to
 * stop.
 * @param signal stops it after the current batch
 */
export function startRemovalSweep(path: WritePath, signal: AbortSignal): AsyncDisposable {
  return startSweep(intervalMs, () =>
    sweepRemovals(path, signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'could not remove organizations whose grace period has expired; the next sweep tries again');
    }),
  );
}

export async function sweepRemovals(path: WritePath, signal?: AbortSignal): Promise<void> {
  const { db } = path.database;
  for (const orgId of await readDueRemovals(db)) {
    if (signal?.aborted) return;
    await remove(path, orgId).catch((error: unknown) => {
      path.log.warn(
        { orgId, error: String(error) },
        'could not remove an organization whose grace period has expired; the next sweep tries again',
      );
    });
  }
  // This includes rows that an earlier instance did not remove. The event loop and the database
  // serve other work between two batches.
  while (!signal?.aborted && (await db.transaction().execute(removeLeftovers))) path.failpoints.reach('during-removal');
  await forgetMovedHeads(db);
}

async function remove(path: WritePath, orgId: string): Promise<void> {
  const call = { orgId, input: {}, requestId: null };
  await runSystemCommand(path, beginRemoval, call);
  path.failpoints.reach('during-removal');
  const removed = await runSystemCommand(path, finishRemoval, call);
  path.failpoints.reach('during-removal');
  if (removed) path.log.info({ orgId }, 'removed an organization whose grace period has expired');
}
