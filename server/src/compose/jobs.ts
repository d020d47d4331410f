import type { JobHandler } from '../jobs/job.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { refreshMembersHandler } from '../write-path/users/members/refresh-members.ts';

/** The executors of jobs, one line for each kind. */
export function jobHandlersOf(writePath: WritePath): readonly JobHandler<unknown, unknown>[] {
  return [refreshMembersHandler(writePath)];
}
