import { refreshMembersJob } from '../../../write-path/users/members/refresh-members.ts';
import type { Services } from '../../services.ts';

/**
 * The longest wait. The member records of a user with some ten organizations are updated within
 * this time. With more, they follow after the response.
 */
const waitMsMax = 500;

/**
 * Waits a moment until a changed user's member records are updated, so that a following read mostly
 * shows the change. The change itself is committed, and no access depends on the wait.
 */
export async function settleRefresh({ writePath }: Services, userId: string, requestId: string): Promise<void> {
  await writePath.settleJob(refreshMembersJob(userId), waitMsMax).catch((error: unknown) => {
    writePath.log.warn({ userId, requestId, error: String(error) }, "could not wait for the update of a user's member records");
  });
}
