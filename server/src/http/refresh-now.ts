import { refreshMembersOf } from '../write-path/users/refresh-members.ts';
import type { Services } from './services.ts';

/** Brings a changed user's members up to date before the answer. The change is committed: a failure here is left for the sweep. */
export async function refreshNow({ writePath }: Services, userId: string, requestId: string): Promise<void> {
  await refreshMembersOf(writePath, userId).catch((error: unknown) => {
    writePath.log.warn({ userId, requestId, error: String(error) }, "a user's members could not be refreshed; the sweep tries again");
  });
}
