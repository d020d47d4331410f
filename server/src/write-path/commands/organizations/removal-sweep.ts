import { OrgError } from '@rollcall/protocol';
import { readDueRemovals, removeLeftovers } from '../../../database/organizations/removals.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';
import type { Command } from '../../command.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { beginRemoval } from './begin-removal.ts';
import { finishRemoval } from './finish-removal.ts';

/** Of a day's delay, a minute more is nothing; each look costs two queries by an index. */
const intervalMs = 60 * 1_000;

/**
 * Removes organizations whose time has come. Any instance may, also several at once. Dispose the
 * result to stop, after the batch under way.
 */
export function startRemovalSweep(path: WritePath): AsyncDisposable {
  const stopping = new AbortController();
  const sweep = startSweep(intervalMs, () =>
    sweepRemovals(path, stopping.signal).catch((error: unknown) => {
      path.log.warn({ error: String(error) }, 'organizations could not be removed; the next sweep tries again');
    }),
  );
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await sweep[Symbol.asyncDispose]();
    },
  };
}

export async function sweepRemovals(path: WritePath, signal?: AbortSignal): Promise<void> {
  const { db } = path.database;
  for (const orgId of await readDueRemovals(db)) {
    if (signal?.aborted) return;
    await remove(path, orgId).catch((error: unknown) => {
      path.log.warn({ orgId, error: String(error) }, 'an organization could not be removed; the next sweep tries again');
    });
  }
  // What an instance that ended left undone is among it. The loop and the database serve others
  // between two batches.
  while (!signal?.aborted && (await db.transaction().execute(removeLeftovers))) path.failpoints.reach('during-removal');
}

async function remove(path: WritePath, orgId: string): Promise<void> {
  await run(path, beginRemoval, orgId);
  path.failpoints.reach('during-removal');
  await run(path, finishRemoval, orgId);
  path.failpoints.reach('during-removal');
  path.log.info({ orgId }, 'the time of an organization that was marked for deletion has come');
}

async function run(path: WritePath, command: Command<Record<string, never>, unknown, null>, orgId: string): Promise<void> {
  try {
    await runCommand(path, command, {
      orgId,
      actor: { kind: 'system' },
      input: {},
      requestId: null,
      respond: async () => ({ status: 204 }),
    });
  } catch (error) {
    // Another instance was faster.
    if (!(error instanceof OrgError && error.code === 'not-found')) throw error;
  }
}
