import { sql } from 'kysely';
import type { Db, Tx } from '../database/database.ts';
import { deleteInBatches } from '../database/delete-in-batches.ts';
import { doublingMs, inMs, isUnclaimed, unclaimed } from '../database/leases.ts';
import type { Log } from '../runtime/log.ts';
import { type Sweep, sweep } from '../runtime/tasks/sweep.ts';
import { JobLostError } from './job.ts';

/**
 * The statements with which instances claim jobs and save their progress: see
 * `database/leases.ts`.
 */

export interface JobClaim {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly lease: string;
}

/** The state with which a step begins. */
export interface StoredJob {
  readonly params: unknown;
  readonly progress: unknown;
  readonly operator_name: string | null;
  /** Failed steps since the last one that succeeded. */
  readonly attempts: number;
}

const isClaimable = sql<boolean>`finished_at IS NULL AND next_attempt_at <= clock_timestamp()
  AND ${isUnclaimed}`;

/** Whether any job is open, also one that waits or that an instance executes. */
export const isJobOpen = sql<boolean>`EXISTS (SELECT FROM jobs WHERE finished_at IS NULL)`;

/**
 * Claims the jobs that are due for the longest time.
 * @param free the number of jobs that the caller can execute, by kind
 */
export async function claimJobs(db: Db, leaseMs: number, free: ReadonlyMap<string, number>): Promise<JobClaim[]> {
  // Materialized, so that the updated rows are those that are locked.
  const { rows } = await sql<JobClaim>`
    WITH due AS MATERIALIZED (
      SELECT job.id FROM unnest(${[...free.keys()]}::text[], ${[...free.values()]}::integer[]) AS slots (kind, free)
      CROSS JOIN LATERAL (
        SELECT id FROM jobs WHERE jobs.kind = slots.kind AND ${isClaimable} ORDER BY next_attempt_at LIMIT slots.free FOR UPDATE SKIP LOCKED
      ) AS job
    )
    UPDATE jobs SET lease = gen_random_uuid()::text, leased_until = ${inMs(leaseMs)}
    FROM due WHERE jobs.id = due.id RETURNING jobs.id, kind, subject, lease`.execute(db);
  return rows;
}

/**
 * Extends a claim for the next step. Null if it has passed to another instance.
 * @param hasSucceeded whether a step has succeeded since the claim
 */
export async function renewJob(db: Db, claim: JobClaim, leaseMs: number, hasSucceeded: boolean): Promise<StoredJob | null> {
  const row = await claimed(db, claim)
    .set({ leased_until: inMs(leaseMs), ...(hasSucceeded && noFailure) })
    .returning(['params', 'progress', 'operator_name', 'attempts'])
    .executeTakeFirst();
  return row ?? null;
}

/** See `RunningJob.save`. */
export async function saveProgress(db: Db | Tx, claim: JobClaim, progress: unknown): Promise<void> {
  const { numUpdatedRows } = await claimed(db, claim)
    .set({ progress: JSON.stringify(progress) })
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new JobLostError();
}

/** See `RunningJob.hold`. Transactions of one job can hold it at the same time. */
export async function holdJob(tx: Tx, { id, lease }: JobClaim): Promise<void> {
  const row = await tx.selectFrom('jobs').select('id').where('id', '=', id).where('lease', '=', lease).forShare().executeTakeFirst();
  if (!row) throw new JobLostError();
}

/** See `RunningJob.record`. */
export async function recordResult(tx: Tx, jobId: string, orgId: string, result: object): Promise<void> {
  await tx
    .insertInto('job_results')
    .values({ job_id: jobId, organization_id: orgId, result: JSON.stringify(result) })
    .onConflict((conflict) => conflict.columns(['job_id', 'organization_id']).doUpdateSet({ result: JSON.stringify(result) }))
    .execute();
}

/**
 * Finishes a job, or makes it begin again if that was requested since it began. The progress of a
 * finished job is its report.
 * @param isReport false to delete the finished job. One credential can cause thousands an hour.
 * @returns whether it is finished
 */
export async function finishJob(db: Db, claim: JobClaim, isReport: boolean): Promise<boolean> {
  if (!isReport) {
    const { id, lease } = claim;
    const { numDeletedRows } = await db
      .deleteFrom('jobs')
      .where('id', '=', id)
      .where('lease', '=', lease)
      .where('is_repeated', '=', false)
      .executeTakeFirst();
    if (numDeletedRows > 0n) return true;
  }
  const row = await claimed(db, claim)
    .set({
      ...released,
      ...noFailure,
      finished_at: sql<string>`CASE WHEN is_repeated THEN NULL ELSE clock_timestamp() END`,
      progress: sql<string>`CASE WHEN is_repeated THEN NULL ELSE progress END`,
      is_repeated: false,
    })
    .returning('finished_at')
    .executeTakeFirst();
  return row !== undefined && row.finished_at !== null;
}

/** Ends a claim. The job is due at once, behind others that are due. */
export async function releaseJob(db: Db, claim: JobClaim, hasSucceeded: boolean): Promise<void> {
  await claimed(db, claim)
    .set({ ...released, ...(hasSucceeded && noFailure) })
    .execute();
}

/** The pause after the first failure. Most failures are conflicts and lost connections. */
export const pauseMsMin = 1_000;
/** The longest pause. When the cause has ended, each job continues within this time. */
export const pauseMsMax = 5 * 60 * 1_000;
/** The pause doubles with each failure. It is spread, because jobs often fail together. */
const pauseMs = sql<number>`${doublingMs(pauseMsMin, pauseMsMax)} * (0.5 + random() / 2)`;

/** Ends a claim whose step failed. The next attempt follows after a pause. */
export async function failJob(db: Db, claim: JobClaim, error: string): Promise<void> {
  await claimed(db, claim)
    .set({ ...released, next_attempt_at: inMs(pauseMs), attempts: sql<number>`attempts + 1`, last_error: error })
    .execute();
}

const noFailure = { attempts: 0, last_error: null };
const released = { ...unclaimed, next_attempt_at: sql<string>`clock_timestamp()` };

export async function isOpen(db: Db, { kind, subject }: Pick<JobClaim, 'kind' | 'subject'>): Promise<boolean> {
  const row = await db
    .selectFrom('jobs')
    .select('id')
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('finished_at', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

/** Reports of finished jobs are stored for this time, so an operator can see what they did. */
export const finishedDaysMax = 7;

export function finishedJobsSweep(db: Db, log: Log): Sweep {
  return sweep(log, { name: 'reports of old jobs', every: 60 * 60 * 1_000, clean: () => deleteFinishedJobs(db, finishedDaysMax) });
}

export async function deleteFinishedJobs(db: Db, olderThanDays: number): Promise<void> {
  await deleteInBatches(db, 'jobs', sql<boolean>`finished_at < now() - make_interval(days => ${olderThanDays})`);
}

export interface JobsState {
  /** Jobs that are not finished. */
  readonly open: number;
  /** The time since the oldest of them was enqueued. */
  readonly oldestSeconds: number;
  /** Open jobs whose last step failed. */
  readonly failing: number;
}

export async function readJobsState(db: Db): Promise<JobsState> {
  const { rows } = await sql<JobsState>`
    SELECT count(*)::integer AS open, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS "oldestSeconds",
      (count(*) FILTER (WHERE attempts > 0))::integer AS failing
    FROM jobs WHERE finished_at IS NULL`.execute(db);
  return rows[0]!;
}

function claimed(db: Db | Tx, { id, lease }: JobClaim) {
  return db.updateTable('jobs').where('id', '=', id).where('lease', '=', lease);
}
