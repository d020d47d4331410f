import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Db } from '../database.ts';
import { isDatabaseGone } from '../translate-error.ts';

/** A database that is started together with us has some seconds to come up. */
const waitMsMax = 5_000;
const retryMs = 250;

/** Waits until the database answers. Rejects with its last error, at once with one that waiting does not mend, such as a wrong password. */
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
