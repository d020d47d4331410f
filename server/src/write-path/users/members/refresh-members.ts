import { OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import type { Db } from '../../../database/database.ts';
import { detachedUserId } from '../../../database/records/records-read.ts';
import { failsAnyStatement } from '../../../database/translate-error.ts';
import { type NewJob, newJob } from '../../../jobs/enqueue-job.ts';
import { type JobHandler, type JobKind, JobLostError, type RunningJob } from '../../../jobs/job.ts';
import { forEachConcurrently } from '../../../runtime/tasks/for-each-concurrently.ts';
import { refreshMemberUser } from '../../commands/members/refresh-member-user.ts';
import type { WritePath } from '../../run-command.ts';
import { runSystemCommand, sweptOrganizationsMax } from '../../run-system-command.ts';

/**
 * Updates the member records of a user, after each change to the user. A command concerns one
 * organization, so this is a job with one revision per organization. Each command reads the user
 * under the lock, so the last of several changes wins.
 */

const progressSchema = z.strictObject({
  /** The organizations up to this id are refreshed, except those that failed. */
  after: z.string(),
  /** They are tried again after all others. */
  failed: z.array(z.string()),
});
type Progress = z.infer<typeof progressSchema>;

/**
 * A further change repeats an open job, because a step in progress may have read the user before.
 */
const kind = {
  kind: 'refresh-members',
  ifOpen: 'repeat',
  isReport: false,
  paramsSchema: z.strictObject({}),
  progressSchema,
} as const satisfies JobKind<object, Progress>;

/** The organizations of a step. Their commands take well under a second. */
const stepOrganizations = 20;

/** Return it in the decision of each command that changes a user. */
export function refreshMembersJob(userId: string): NewJob {
  return newJob(kind, userId, {});
}

export function refreshMembersHandler(path: WritePath): JobHandler<object, Progress> {
  return { ...kind, step: (job) => refreshSome(path, job) };
}

async function refreshSome(path: WritePath, job: RunningJob<object, Progress>): Promise<'continue' | 'done'> {
  const { db } = path.database;
  const { after, failed } = job.progress ?? { after: '0', failed: [] };
  const next = await readOrganizationIds(db, job.subject, after);
  if (next.length > 0) {
    const failures = await refresh(path, job, next);
    await job.save(db, { after: next.at(-1)!, failed: [...failed, ...failures.keys()] });
    return 'continue';
  }
  if (failed.length === 0) return 'done';
  const again = failed.slice(0, stepOrganizations);
  const failures = await refresh(path, job, again);
  const [error] = failures.values();
  // Others may be behind them, so they come last.
  await job.save(db, { after, failed: [...failed.slice(stepOrganizations), ...failures.keys()] });
  if (failures.size === again.length) throw error;
  return 'continue';
}

/** Refreshes organizations. Returns the errors of those that failed. */
async function refresh(
  path: WritePath,
  job: RunningJob<object, Progress>,
  orgIds: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const failures = new Map<string, unknown>();
  await forEachConcurrently(orgIds, { concurrentMax: sweptOrganizationsMax, signal: job.signal }, async (orgId) => {
    const call = { orgId, input: { userId: job.subject }, requestId: null, operatorName: job.operatorName, finish: job.hold };
    await runSystemCommand(path, refreshMemberUser, call).catch((error: unknown) => failures.set(orgId, error));
  });
  job.signal.throwIfAborted();
  for (const error of failures.values()) {
    // The others would fail too.
    if (error instanceof JobLostError || (error instanceof OrgError && failsAnyStatement(error.cause))) throw error;
  }
  return failures;
}

/**
 * The next organizations, in order, where the user is a member, or was one until a second factor
 * was required.
 */
async function readOrganizationIds(db: Db, userId: string, after: string): Promise<string[]> {
  const rows = await db
    .selectFrom('members')
    .select('organization_id')
    .distinct()
    .where((eb) => eb.or([eb('user_id', '=', userId), eb(detachedUserId, '=', userId)]))
    .where('organization_id', '>', after)
    .orderBy('organization_id')
    .limit(stepOrganizations)
    .execute();
  return rows.map(({ organization_id }) => organization_id);
}
