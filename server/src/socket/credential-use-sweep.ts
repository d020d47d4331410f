import type { Db } from '../database/database.ts';
import { recordSessionsUse } from '../identity/sessions.ts';
import { recordServiceUse } from '../identity/tokens/service-tokens.ts';
import { recordUse } from '../identity/use/record-use.ts';
import type { Log } from '../runtime/log.ts';
import { batchesOf } from '../runtime/tasks/batches-of.ts';
import { type Sweep, sweep } from '../runtime/tasks/sweep.ts';
import type { Connections } from './connections.ts';

const idsPerStatementMax = 1_000;

/** Records that the sessions and tokens of open sockets are in use. */
export function credentialUseSweep(db: Db, connections: Connections, sessionIdleDays: number, log: Log): Sweep {
  return sweep(log, {
    name: 'credentials of open sockets',
    // Sessions become idle after days, and users read "last used" in minutes or hours.
    every: 30 * 60 * 1_000,
    clean: () => recordCredentialUse(db, connections, sessionIdleDays),
  });
}

async function recordCredentialUse(db: Db, connections: Connections, sessionIdleDays: number): Promise<void> {
  const { sessionIds, tokenIds, services } = connections.openCredentials();
  for (const ids of batchesOf(sessionIds, idsPerStatementMax)) await recordSessionsUse(db, ids, sessionIdleDays);
  for (const ids of batchesOf(tokenIds, idsPerStatementMax)) await recordUse(db, 'auth_tokens', ids);
  for (const service of services) await recordServiceUse(db, service);
}
