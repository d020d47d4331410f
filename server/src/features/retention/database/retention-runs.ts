import { sql } from 'kysely';
import type { Db } from '../../../database/database.ts';
import { inMs, unclaimed } from '../../../database/leases.ts';
import type { Log } from '../../../runtime/log.ts';
import { type Sweep, sweep } from '../../../runtime/tasks/sweep.ts';

/**
 * When the data of each organization is pruned next, and which instance does it. A claim is a lease
 * with a random text, so an instance whose claim has passed to another one changes nothing here.
 */

/**
 * A run ends before the same time on the next day, so that a smaller plan takes effect within a
 * day. The two hours spread the runs of organizations that were once due together.
 */
const nextDay = sql<string>`clock_timestamp() + interval '22 hours' + random() * interval '2 hours'`;

/**
 * Adds the organizations that have no row yet, with a first run within a day. Organization 0, the
 * server's own log, is one of them.
 */
export async function addMissingRuns(db: Db): Promise<void> {
  await sql`
    INSERT INTO retention_runs (organization_id, next_run_at)
    SELECT organization_id, clock_timestamp() + random() * interval '24 hours' FROM org_heads
    WHERE NOT EXISTS (SELECT FROM retention_runs AS known WHERE known.organization_id = org_heads.organization_id)
      AND NOT EXISTS (SELECT FROM removed_organizations AS gone WHERE gone.organization_id = org_heads.organization_id)
    ON CONFLICT DO NOTHING`.execute(db);
}

/** Adds rows for organizations that were created since. Their data is young. */
export function missingRunsSweep(db: Db, log: Log): Sweep {
  return sweep(log, { name: 'missing retention runs', every: 60 * 60 * 1_000, clean: () => addMissingRuns(db) });
}

/**
 * Makes a run due: of one organization, or of all. A run in progress is followed by another one.
 */
export async function requestRun(db: Db, orgId: string | null): Promise<void> {
  if (orgId === null) await addMissingRuns(db);
  await sql`
    INSERT INTO retention_runs (organization_id, next_run_at)
    SELECT organization_id, clock_timestamp() FROM ${orgId === null ? sql`retention_runs` : sql`org_heads WHERE organization_id = ${orgId}`}
    ON CONFLICT (organization_id) DO UPDATE SET next_run_at = excluded.next_run_at`.execute(db);
}

/**
 * Claims the organization whose run is due, or was interrupted, for the longest time. The next run
 * is scheduled at once, so that a request in between is not lost. Null if there is none.
 */
export async function claimRun(db: Db, lease: string, leaseMs: number): Promise<string | null> {
  // Materialized, so that the updated row is the one that is locked.
  const { rows } = await sql<{ organization_id: string }>`
    WITH due AS MATERIALIZED (
      SELECT organization_id FROM retention_runs
      WHERE (next_run_at <= clock_timestamp() AND lease IS NULL) OR leased_until <= clock_timestamp()
      ORDER BY next_run_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE retention_runs SET lease = ${lease}, leased_until = ${inMs(leaseMs)}, next_run_at = ${nextDay}
    FROM due WHERE retention_runs.organization_id = due.organization_id
    RETURNING retention_runs.organization_id`.execute(db);
  return rows[0]?.organization_id ?? null;
}

/** Extends a claim. False if it has passed to another instance. */
export async function renewRun(db: Db, orgId: string, lease: string, leaseMs: number): Promise<boolean> {
  const { numUpdatedRows } = await claimed(db, orgId, lease)
    .set({ leased_until: inMs(leaseMs) })
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ends a claim whose run is complete. */
export async function finishRun(db: Db, orgId: string, lease: string, result: object): Promise<void> {
  await claimed(db, orgId, lease)
    .set({ ...unclaimed, last_run_at: sql<string>`clock_timestamp()`, last_result: JSON.stringify(result) })
    .execute();
}

/** Ends a claim whose run was interrupted. It is due again after the pause. */
export async function interruptRun(db: Db, orgId: string, lease: string, pauseMs: number, result: object): Promise<void> {
  await claimed(db, orgId, lease)
    .set({
      ...unclaimed,
      next_run_at: sql<string>`least(next_run_at, ${inMs(pauseMs)})`,
      last_result: JSON.stringify(result),
    })
    .execute();
}

/** Removes the row of an organization that no longer exists. */
export async function forgetRun(db: Db, orgId: string): Promise<void> {
  await db.deleteFrom('retention_runs').where('organization_id', '=', orgId).execute();
}

export interface RunsState {
  /**
   * Organizations whose run is due or in progress, or failed. One that failed is not due during the
   * pause before its next attempt.
   */
  readonly due: number;
  /** The end of the last complete run, in seconds since 1970. 0 without one. */
  readonly lastRunAt: number;
}

export async function readRunsState(db: Db): Promise<RunsState> {
  const { rows } = await sql<RunsState>`
    SELECT (count(*) FILTER (WHERE next_run_at <= clock_timestamp() OR lease IS NOT NULL OR last_result -> 'error' IS NOT NULL))::integer AS due,
      coalesce(extract(epoch FROM max(last_run_at)), 0)::float8 AS "lastRunAt"
    FROM retention_runs`.execute(db);
  return rows[0]!;
}

function claimed(db: Db, orgId: string, lease: string) {
  return db.updateTable('retention_runs').where('organization_id', '=', orgId).where('lease', '=', lease);
}
