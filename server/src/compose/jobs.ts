import type { JobHandler } from '../jobs/job.ts';
import type { WritePath } from '../write-path/run-command.ts';

/** The executors of jobs, one line for each kind. */
export function jobHandlersOf(_writePath: WritePath): readonly JobHandler<unknown, unknown>[] {
  return [];
}
