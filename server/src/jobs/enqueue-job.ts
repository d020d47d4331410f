import { sql } from 'kysely';
import type { Tx } from '../database/database.ts';
import type { JobKind, JobPolicy } from './job.ts';

export interface NewJob {
  readonly kind: string;
  readonly subject: string;
  readonly params: object;
  readonly ifOpen: JobPolicy;
}

/** @param subject what the job is about: each subject has at most one open job of a kind */
export function newJob<Params extends object>(kind: JobKind<Params, unknown>, subject: string, params: Params): NewJob {
  return { kind: kind.kind, subject, params, ifOpen: kind.ifOpen };
}

/**
 * Enqueues jobs in the caller's transaction, or joins or repeats the open ones: see `JobPolicy`. If
 * it commits, any instance executes them. Call `wakeJobs()` after the commit to begin at once.
 * @param operatorName the operator who requested the jobs. Null if none did
 */
export async function enqueueJobs(tx: Tx, jobs: readonly NewJob[], operatorName: string | null = null): Promise<void> {
  for (const { kind, subject, params, ifOpen } of jobs) {
    const isRepeat = ifOpen === 'repeat';
    // A job that has not begun need not be repeated.
    await sql`
      INSERT INTO jobs (kind, subject, params, operator_name)
      VALUES (${kind}, ${subject}, ${JSON.stringify(params)}::jsonb, ${operatorName})
      ON CONFLICT (kind, subject) WHERE finished_at IS NULL DO UPDATE SET next_attempt_at = clock_timestamp(), attempts = 0
        ${isRepeat ? sql`, params = excluded.params, operator_name = excluded.operator_name, is_repeated = jobs.lease IS NOT NULL OR jobs.progress IS NOT NULL` : sql``}`.execute(
      tx,
    );
  }
}
