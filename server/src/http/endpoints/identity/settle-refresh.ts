import { refreshMembersJob } from '../../../write-path/users/members/refresh-members.ts';
import type { Services } from '../../services.ts';

/**
 * The longest wait. Some ten organizations of a user are updated within this time. With more, they
 * follow after the response.
 */
const waitMsMax = 500;

/**
 * Waits a moment until a changed user's member records are updated, so that a following read mostly
 * shows the change. The change itself is committed, and no access depends on the wait.
 */
export function settleRefresh(services: Services, userId: string, requestId: string): Promise<void> {
  return settleJob(services, refreshMembersJob(userId), requestId);
}

type Job = Parameters<Services['writePath']['settleJob']>[0];

/** Waits a moment for a job that the request enqueued. Resolves at once if it did not. */
export async function settleJob({ writePath }: Services, job: Job, requestId: string): Promise<void> {
  const { kind, subject } = job;
  await writePath.settleJob(job, waitMsMax).catch((error: unknown) => {
    writePath.log.warn({ kind, subject, requestId, error: String(error) }, 'could not wait for a job of a request');
  });
}
