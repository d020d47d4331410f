import type { IntegrationProvider } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { deleteInBatches } from '../../../database/delete-in-batches.ts';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';
import type { WritePath } from '../../../write-path/run-command.ts';

/** A provider repeats a notice for some days at most. */
const keptDays = 7;

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

/** Deletes the ids of old notices. */
export function noticesSweep({ database, log }: Pick<WritePath, 'database' | 'log'>): Sweep {
  return sweep(log, { name: 'old notices of providers', every: 60 * 60 * 1_000, clean: () => deleteOldNotices(database.db) });
}

export async function deleteOldNotices(db: Db): Promise<void> {
  await deleteInBatches(db, 'provider_notices', sql<boolean>`date_created < now() - make_interval(days => ${sql.lit(keptDays)})`);
}
