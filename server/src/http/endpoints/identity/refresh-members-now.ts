import { refreshMembersOf } from '../../../write-path/users/members/refresh-members.ts';
import type { Services } from '../../services.ts';

/**
 * Updates a changed user's members before the response. The change is already committed, so the
 * sweep retries a failed update.
 */
export async function refreshMembersNow({ writePath }: Services, userId: string, requestId: string): Promise<void> {
  await refreshMembersOf(writePath, userId).catch((error: unknown) => {
    writePath.log.warn(
      { userId, requestId, error: String(error) },
      "could not refresh a user's member records; the next sweep tries again",
    );
  });
}
