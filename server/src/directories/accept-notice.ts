import type { IntegrationProvider } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { deleteInBatches } from '../database/delete-in-batches.ts';
import type { Log } from '../runtime/log.ts';
import { startSweep } from '../runtime/start-sweep.ts';

/** A provider repeats a notice for some days at most. */
const keptDays = 7;
const intervalMs = 60 * 60 * 1_000;

/**
 * Runs `act` unless the provider has sent a notice with this id before. If `act` fails, the notice
 * counts as new when the provider sends it again.
 */
export async function acceptNotice(db: Db, provider: IntegrationProvider, id: string, act: () => Promise<void>): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('provider_notices')
    .values({ provider, notice_id: id })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 1n) return;
  try {
    await act();
  } catch (error) {
    await db.deleteFrom('provider_notices').where('provider', '=', provider).where('notice_id', '=', id).execute();
    throw error;
  }
}

/** Deletes the ids of old notices. Dispose the result to stop. */
export function startNoticesSweep({ db, log }: { readonly db: Db; readonly log: Log }): AsyncDisposable {
  return startSweep(intervalMs, () =>
    deleteOldNotices(db).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'could not delete old notices of providers; the next sweep tries again');
    }),
  );
}

export async function deleteOldNotices(db: Db): Promise<void> {
  await deleteInBatches(db, 'provider_notices', sql<boolean>`date_created < now() - make_interval(days => ${sql.lit(keptDays)})`);
}
