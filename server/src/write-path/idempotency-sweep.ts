import { sql } from 'kysely';
import type { Db } from '../database/database.ts';
import { deleteInBatches } from '../database/delete-in-batches.ts';
import { type Sweep, sweep } from '../runtime/tasks/sweep.ts';
import type { WritePath } from './run-command.ts';

/** Retries come within seconds. A day also covers those of a job that was stopped overnight. */
const keptHours = 24;

/** Deletes stored responses that are too old for a retry (rule W5). */
export function idempotencySweep({ database, log }: Pick<WritePath, 'database' | 'log'>): Sweep {
  return sweep(log, {
    name: 'responses stored for Idempotency-Key',
    // It deletes about ten minutes of keys, found by an index.
    every: 10 * 60 * 1_000,
    clean: () => deleteOldResponses(database.db),
  });
}

export async function deleteOldResponses(db: Db): Promise<void> {
  await deleteInBatches(db, 'idempotency_keys', sql<boolean>`created_at < now() - make_interval(hours => ${keptHours})`);
}
