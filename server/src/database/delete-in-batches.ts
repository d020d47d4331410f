import { type RawBuilder, sql } from 'kysely';
import type { Db } from './database.ts';
import type { Schema } from './schema.ts';

/** Other writes wait for a batch. PostgreSQL needs about 20 ms for one of this size. */
export const batchRowsMax = 1_000;

/**
 * Deletes the rows that fulfil a condition, in batches. One statement for all of them could exceed
 * its time limit after a long stop of the server, and would then fail at every later sweep too.
 * @param condition with `now()`, because PostgreSQL uses no index for `clock_timestamp()`
 */
export async function deleteInBatches(db: Db, table: keyof Schema, condition: RawBuilder<boolean>): Promise<void> {
  let deleted: bigint;
  do {
    const { numAffectedRows = 0n } = await sql`
      DELETE FROM ${sql.table(table)} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM ${sql.table(table)} WHERE ${condition} LIMIT ${batchRowsMax}
      ))`.execute(db);
    deleted = numAffectedRows;
  } while (deleted === BigInt(batchRowsMax));
}
