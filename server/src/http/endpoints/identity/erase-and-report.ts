import type { erasureShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import { type EraseUser, eraseUser } from '../../../write-path/users/erasure/erase-user.ts';
import type { Services } from '../../services.ts';

const backups = 'Backups and downloaded files are not rewritten. They contain the person until they are deleted.';

/** Erases a user, and starts the rewriting of the history. */
export async function eraseAndReport(services: Services, input: EraseUser, requestId: string) {
  const organizations = await eraseUser(services.writePath, input, requestId);
  for (const orgId of organizations) await services.requestRetention(orgId);
  const body: ResponseOf<typeof erasureShape> = { id: input.userId, organizations, backups };
  return { status: 202, body };
}
