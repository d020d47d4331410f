import type pg from 'pg';
import type { DatabaseTrust } from '../../installation/database-trust.ts';
import { sealQuery } from '../../installation/seal.ts';
import type { SealReading } from '../../installation/seal-reading.ts';
import { checkHost, type WritableHost } from '../writable-host.ts';

/** pg-pool waits for the check of a new connection without a time limit of its own. */
const sealTimeoutMs = 3_000;

/**
 * Options for a pool that checks each new connection.
 * @param host the connection must lead to it. Null if every host is acceptable
 * @param trust the connection must lead to a database that is trusted. Null to not check that
 */
export function poolOptions(host: WritableHost | null, trust: DatabaseTrust | null): pg.PoolConfig {
  const checks = [...(host ? [checkHost] : []), ...(trust ? [(client: pg.ClientBase) => checkDatabase(client, trust)] : [])];
  if (checks.length === 0) return {};
  const verify = (client: pg.ClientBase, done: (error?: Error) => void) => {
    checks.reduce((before, check) => before.then(() => check(client)), Promise.resolve()).then(() => done(), done);
  };
  // pg's types have no `verify`, and don't show that a pool passes its options to `Client`.
  return { ...(host && { Client: host.clientClass() }), verify } as unknown as pg.PoolConfig;
}

/**
 * A new connection may lead to another database than the ones before, for example to one that is
 * being restored.
 */
async function checkDatabase(client: pg.ClientBase, trust: DatabaseTrust): Promise<void> {
  if (trust.installation === null) return;
  const query = { text: sealQuery, query_timeout: sealTimeoutMs };
  const { rows } = await client.query<SealReading>(query as pg.QueryConfig);
  trust.assert(rows[0]!);
}
