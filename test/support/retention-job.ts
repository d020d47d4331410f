import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { Db } from '../../server/src/database/database.ts';
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

/**
 * Adds the checkpoint of a consumer that gets no events. Without it, the job deletes its
 * deliveries.
 */
export async function anIdleConsumer(db: Db, orgId: string, consumer: string): Promise<void> {
  await sql`
    INSERT INTO log_consumers (organization_id, consumer, epoch, revision, is_active)
    VALUES (${orgId}, ${consumer}, '', 1, false)`.execute(db);
}
