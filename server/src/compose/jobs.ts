import { eraseUserJob } from '../features/retention/erasure/erase-user-job.ts';
import type { RetentionJob } from '../features/retention/job/retention-job.ts';
import type { JobHandler } from '../jobs/job.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { refreshMembersHandler } from '../write-path/users/members/refresh-members.ts';
import { recordRecoveryLoginsHandler } from '../write-path/users/sessions/record-recovery-logins.ts';

/** The executors of jobs, one line for each kind. */
export function jobHandlersOf(writePath: WritePath, retentionJob: Pick<RetentionJob, 'wake'>): readonly JobHandler<unknown, unknown>[] {
  return [
    refreshMembersHandler(writePath),
    recordRecoveryLoginsHandler(writePath) as JobHandler<unknown, unknown>,
    eraseUserJob(writePath, () => retentionJob.wake()) as JobHandler<unknown, unknown>,
  ];
}
