import { sql } from 'kysely';
import type { Db } from '../../database/database.ts';
import { startSweep } from '../../runtime/start-sweep.ts';
import type { WritePath } from '../run-command.ts';

/** What is over stays a while in its table and harms nobody; each look finds what an hour left. */
const intervalMs = 60 * 60 * 1000;

/** Removes sessions whose time is over, and counts of attempts that nobody is held to any more. Dispose the result to stop. */
export function startSessionsSweep({ database, log }: WritePath, idleDaysMax: number): AsyncDisposable {
  return startSweep(intervalMs, () =>
    removeWhatIsOver(database.db, idleDaysMax).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'old sessions could not be removed; the next sweep tries again');
    }),
  );
}

export async function removeWhatIsOver(db: Db, idleDaysMax: number): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where((eb) =>
      eb.or([
        eb('expires_at', '<=', sql<string>`clock_timestamp()`),
        eb('date_last_used', '<=', sql<string>`clock_timestamp() - make_interval(days => ${idleDaysMax}::integer)`),
      ]),
    )
    .execute();
  await db.deleteFrom('attempt_limits').where('expire', '<', String(Date.now())).execute();
}
