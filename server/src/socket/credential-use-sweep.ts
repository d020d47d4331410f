import type { Db } from '../database/database.ts';
import { recordUse } from '../identity/record-use.ts';
import { recordServiceUse } from '../identity/service-tokens.ts';
import { recordSessionsUse } from '../identity/sessions.ts';
import { batchesOf } from '../runtime/batches-of.ts';
import type { Log } from '../runtime/log.ts';
import { startSweep } from '../runtime/start-sweep.ts';
import type { Connections } from './connections.ts';

/** Sessions become idle after days, and users read "last used" in minutes or hours. */
const intervalMs = 30 * 60 * 1_000;
const idsPerStatementMax = 1_000;

/**
 * Records regularly that the sessions and tokens of open sockets are in use. Dispose the result to
 * stop.
 */
export function startCredentialUseSweep(db: Db, connections: Connections, log: Log): AsyncDisposable {
  return startSweep(intervalMs, () =>
    recordCredentialUse(db, connections).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'could not record that the credentials of open sockets are in use; the next sweep tries again');
    }),
  );
}

async function recordCredentialUse(db: Db, connections: Connections): Promise<void> {
  const { sessionIds, tokenIds, services } = connections.openCredentials();
  for (const ids of batchesOf(sessionIds, idsPerStatementMax)) await recordSessionsUse(db, ids);
  for (const ids of batchesOf(tokenIds, idsPerStatementMax)) await recordUse(db, 'auth_tokens', ids);
  for (const service of services) await recordServiceUse(db, service);
}
