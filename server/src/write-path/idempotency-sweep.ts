import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { startSweep } from '../runtime/start-sweep.ts';
import type { WritePath } from './run-command.ts';

/** Retries come within seconds. A day also covers those of a job that was stopped overnight. */
const keptHours = 24;
/** Each sweep finds, by an index, the keys of ten minutes of writes a day ago. */
const intervalMs = 10 * 60 * 1000;

/**
 * Deletes responses that were kept long enough for retries (rule W5). Dispose the result to stop.
 */
export function startIdempotencySweep({ database, log }: WritePath): AsyncDisposable {
  return startSweep(intervalMs, () =>
    deleteOldResponses(database.db).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'could not remove old responses stored for Idempotency-Key; the next sweep tries again');
    }),
  );
}

export async function deleteOldResponses(db: Db): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', sql<string>`clock_timestamp() - make_interval(hours => ${keptHours})`)
    .execute();
}
