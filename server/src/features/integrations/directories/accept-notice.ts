import type { IntegrationProvider } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';
import type { Log } from '../../../runtime/log.ts';
import { startSweep } from '../../../runtime/start-sweep.ts';

/** A provider repeats a notice for some days at most. */
const keptDays = 7;
const intervalMs = 60 * 60 * 1_000;

/**
 * Runs `act` unless the provider has sent a notice with this id before. The id is stored in the
 * same transaction, so if `act` fails or the process dies, the notice counts as new when the
 * provider sends it again.
 */
export function acceptNotice(db: Db, provider: IntegrationProvider, id: string, act: (tx: Tx) => Promise<void>): Promise<void> {
  return db.transaction().execute(async (tx) => {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('provider_notices')
      .values({ provider, notice_id: id })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 1n) await act(tx);
  });
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
