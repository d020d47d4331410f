import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { isDatabaseGone } from '../translate-error.ts';

/** A database that starts together with this server gets some seconds to become available. */
const waitMsMax = 5_000;
const retryMs = 250;

/**
 * Waits until the database responds. Rejects with the last error. An error that waiting does not
 * fix, such as a wrong password, rejects at once.
 */
export async function waitForDatabase(db: Db): Promise<void> {
  for (const deadline = performance.now() + waitMsMax; ; await sleep(retryMs)) {
    try {
      await sql`SELECT 1`.execute(db);
      return;
    } catch (error) {
      if (!isDatabaseGone(error) || performance.now() > deadline) throw error;
    }
  }
}
