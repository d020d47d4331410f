import { randomUUID } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import * as z from 'zod';
import type { Db, Tx } from '../../../database/database.ts';
import { failsAnyStatement } from '../../../database/translate-error.ts';
import { userActor } from '../../../domain/actor.ts';
import { type NewJob, newJob } from '../../../jobs/enqueue-job.ts';
import { type JobHandler, type JobKind, JobLostError, type RunningJob } from '../../../jobs/job.ts';
import { recordRecoveryLogin } from '../../commands/members/record-recovery-login.ts';
import { runCommand, type WritePath } from '../../run-command.ts';

/**
 * Records a login with a password in each organization of which the user is a recovery owner. A
 * command concerns one organization, so this is a job, and the login doesn't wait for it.
 */

const paramsSchema = z.strictObject({ userId: z.string(), requestId: z.string() });
type Params = z.infer<typeof paramsSchema>;

const progressSchema = z.strictObject({
  /** The login is recorded in the organizations up to this id, except those that failed. */
  after: z.string(),
  /** They are tried again after all others. */
  failed: z.array(z.string()),
});
type Progress = z.infer<typeof progressSchema>;

const kind = {
  kind: 'record-recovery-logins',
  ifOpen: 'join',
  isReport: false,
  paramsSchema,
  progressSchema,
} as const satisfies JobKind<Params, Progress>;

/** The organizations of a step. Their commands take well under a second. */
const stepOrganizations = 20;

/** Each login is recorded, so each is a subject of its own. */
export function recordRecoveryLoginsJob(userId: string, requestId: string): NewJob {
  return newJob(kind, randomUUID(), { userId, requestId });
}

export function recordRecoveryLoginsHandler(path: WritePath): JobHandler<Params, Progress> {
  return { ...kind, step: (job) => recordSome(path, job) };
}

/** Whether the user is a recovery owner of an organization. */
export async function isRecoveryOwnerAnywhere(tx: Tx, userId: string): Promise<boolean> {
  return (await readOrganizationIds(tx, userId, '0', 1)).length > 0;
}

async function recordSome(path: WritePath, job: RunningJob<Params, Progress>): Promise<'continue' | 'done'> {
  const { db } = path.database;
  let progress = job.progress ?? { after: '0', failed: [] };
  const next = await readOrganizationIds(db, job.params.userId, progress.after, stepOrganizations);
  for (const orgId of next) {
    progress = { ...progress, after: orgId };
    if ((await recordIn(path, job, orgId, progress)) === null) continue;
    progress = { ...progress, failed: [...progress.failed, orgId] };
    await job.save(db, progress);
  }
  if (next.length > 0) return 'continue';
  return progress.failed.length > 0 ? recordAgain(path, job, progress) : 'done';
}

async function recordAgain(path: WritePath, job: RunningJob<Params, Progress>, { after, failed }: Progress): Promise<'continue'> {
  let left = failed;
  let lastError: unknown = null;
  const again = failed.slice(0, stepOrganizations);
  for (const orgId of again) {
    const others = left.filter((id) => id !== orgId);
    const error = await recordIn(path, job, orgId, { after, failed: others });
    // Others may be behind it, so it comes last.
    left = error === null ? others : [...others, orgId];
    lastError = error ?? lastError;
  }
  await job.save(path.database.db, { after, failed: left });
  if (left.length === failed.length) throw lastError;
  return 'continue';
}

/**
 * Saves the progress together with the record, so that no login is recorded twice. Returns the
 * error if only this organization can have caused it.
 */
async function recordIn(path: WritePath, job: RunningJob<Params, Progress>, orgId: string, progress: Progress): Promise<unknown> {
  job.signal.throwIfAborted();
  const { userId, requestId } = job.params;
  const respond = async (tx: Tx) => {
    await job.save(tx, progress);
    return { status: 204 };
  };
  try {
    await runCommand(path, recordRecoveryLogin, { orgId, actor: userActor(userId), input: null, requestId, respond });
    return null;
  } catch (error) {
    if (error instanceof JobLostError || (error instanceof OrgError && failsAnyStatement(error.cause))) throw error;
    if (!(error instanceof OrgError && error.code === 'not-found')) return error;
    // The organization was removed in between.
    await job.save(path.database.db, progress);
    return null;
  }
}

/** The next organizations, in order, of which the user is a recovery owner. */
async function readOrganizationIds(db: Db, userId: string, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('members')
    .select('organization_id')
    .where('user_id', '=', userId)
    .where('is_recovery_owner', '=', true)
    .where('organization_id', '>', after)
    .orderBy('organization_id')
    .limit(limit)
    .execute();
  return rows.map(({ organization_id }) => organization_id);
}
