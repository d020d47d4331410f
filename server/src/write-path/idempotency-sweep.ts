import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { deleteInBatches } from '../database/delete-in-batches.ts';
import { startSweep } from '../runtime/start-sweep.ts';
import type { WritePath } from './run-command.ts';

/** Retries come within seconds. A day also covers those of a job that was stopped overnight. */
const keptHours = 24;
/** Each sweep deletes about ten minutes of keys, found by an index. */
const intervalMs = 10 * 60 * 1000;

/** Deletes stored responses that are too old for a retry (rule W5). Dispose the result to stop. */
export function startIdempotencySweep({ database, log }: WritePath): AsyncDisposable {
  return startSweep(intervalMs, () =>
    deleteOldResponses(database.db).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'could not remove old responses stored for Idempotency-Key; the next sweep tries again');
    }),
  );
}

export async function deleteOldResponses(db: Db): Promise<void> {
  await deleteInBatches(db, 'idempotency_keys', sql<boolean>`created_at < now() - make_interval(hours => ${keptHours})`);
}
