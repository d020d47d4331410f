import type { OpenedFeature } from '../features/feature.ts';
import type { JobHandler } from '../jobs/job.ts';
import type { WritePath } from '../write-path/run-command.ts';
import { rotateSecretHandler } from '../write-path/secret-rotation/rotate-secret.ts';
import { refreshMembersHandler } from '../write-path/users/members/refresh-members.ts';
import { recordRecoveryLoginsHandler } from '../write-path/users/sessions/record-recovery-logins.ts';

/** The executors of jobs: one line for each kind of the core, and those of the features. */
export function jobHandlersOf(writePath: WritePath, features: readonly OpenedFeature[]): readonly JobHandler<unknown, unknown>[] {
  return [
    refreshMembersHandler(writePath),
    recordRecoveryLoginsHandler(writePath) as JobHandler<unknown, unknown>,
    rotateSecretHandler(writePath) as JobHandler<unknown, unknown>,
    ...features.flatMap(({ jobs = [] }) => jobs),
  ];
}
