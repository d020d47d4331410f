import { refreshMembersOf } from '../../../write-path/users/members/refresh-members.ts';
import type { Services } from '../../services.ts';

/**
 * The milliseconds after which no further organization is updated before the response. An update
 * may wait for a locked organization, and a load balancer waits for the response for 2.5 s.
 */
const refreshMsMax = 1_000;

/**
 * Updates a changed user's members before the response. The change is already committed, so the
 * sweep makes the updates that failed or were not begun.
 */
export async function refreshMembersNow({ writePath }: Services, userId: string, requestId: string): Promise<void> {
  await refreshMembersOf(writePath, userId, AbortSignal.timeout(refreshMsMax)).catch((error: unknown) => {
    writePath.log.warn(
      { userId, requestId, error: String(error) },
      "could not refresh a user's member records; the next sweep tries again",
    );
  });
}
