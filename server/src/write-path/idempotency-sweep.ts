import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { startSweep } from '../runtime/start-sweep.ts';
import type { WritePath } from './run-command.ts';

/** Retries come within seconds; a day covers those of a job that was stopped overnight. */
const keptHours = 24;
/** Each finds what ten minutes of writes left a day ago, by an index. */
const intervalMs = 10 * 60 * 1000;

/** Forgets answers that were kept for retries long enough (rule W5). Dispose the result to stop. */
export function startIdempotencySweep({ database, log }: WritePath): AsyncDisposable {
  return startSweep(intervalMs, () =>
    forgetOldAnswers(database.db).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'old answers could not be removed; the next sweep tries again');
    }),
  );
}

export async function forgetOldAnswers(db: Db): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', sql<string>`clock_timestamp() - make_interval(hours => ${keptHours})`)
    .execute();
}
