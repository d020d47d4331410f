import { forgetMovedHeads, readDueRemovals, removeLeftovers } from '../../../database/organizations/removals.ts';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand } from '../../run-system-command.ts';
import { beginRemoval } from './begin-removal.ts';
import { finishRemoval } from './finish-removal.ts';

/** Removes organizations whose grace period has expired. */
export function removalSweep(path: WritePath): Sweep {
  const { db } = path.database;
  return sweep(path.log, {
    name: 'organizations whose grace period has expired',
    // The grace period is a day, so a minute more is negligible. Two queries use an index.
    every: 60 * 1_000,
    find: async () => (await readDueRemovals(db)).map((orgId) => ({ orgId })),
    command: ({ orgId }) => remove(path, orgId),
    // This includes rows that an earlier instance did not remove. The event loop and the database
    // serve other work between two batches.
    async clean(signal) {
      while (!signal?.aborted && (await db.transaction().execute(removeLeftovers))) path.failpoints.reach('during-removal');
      await forgetMovedHeads(db);
    },
  });
}

async function remove(path: WritePath, orgId: string): Promise<void> {
  const call = { orgId, input: {}, requestId: null };
  await runSystemCommand(path, beginRemoval, call);
  path.failpoints.reach('during-removal');
  const removed = await runSystemCommand(path, finishRemoval, call);
  path.failpoints.reach('during-removal');
  if (removed) path.log.info({ orgId }, 'removed an organization whose grace period has expired');
}
