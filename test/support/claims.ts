import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

/**
 * Waits until no consumer of the organization is claimed. A run that began before its consumer was
 * disabled still saves its progress, and would overwrite what a test writes.
 */
export async function untilUnclaimed(server: TestServer, orgId: string): Promise<void> {
  const claims = server.services.db.selectFrom('log_consumers').select('consumer').where('organization_id', '=', orgId);
  await eventually(async () => assert.deepEqual(await claims.where('lease', 'is not', null).execute(), []));
}
