import assert from 'node:assert/strict';
import { serverStreamId } from '../../server/src/domain/server-stream.ts';
import { eventually } from './eventually.ts';
import type { TestServer } from './server.ts';

/**
 * Starts the retention job and waits until its run has ended.
 * @param organization null for all organizations, for which it waits for the run of the server's
 * own log
 */
export async function runRetentionJob(server: TestServer, organization: string | null): Promise<void> {
  const runs = server.services.db.selectFrom('retention_runs').select('last_run_at');
  const lastRun = async () =>
    (await runs.where('organization_id', '=', organization ?? serverStreamId).executeTakeFirst())?.last_run_at ?? null;
  const before = await lastRun();
  const { status } = await server.operate('POST', '/jobs/retention/', organization === null ? {} : { organization });
  assert.equal(status, 202);
  await eventually(async () => assert.notEqual(await lastRun(), before));
}
