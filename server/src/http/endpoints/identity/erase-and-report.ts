import type { erasureShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import { readErasure, type StoredErasure } from '../../../read-path/queries/identity/read-erasure.ts';
import { acceptErasure, type EraseUser } from '../../../write-path/users/erasure/accept-erasure.ts';
import type { Reply } from '../../route.ts';
import type { Services } from '../../services.ts';

const backups = 'Backups and downloaded files are not rewritten. They contain the person until they are deleted.';

/** Accepts the erasure of a user, and reports its state. 200 if it was accepted before. */
export async function eraseAndReport({ writePath, db }: Services, input: EraseUser, requestId: string): Promise<Reply> {
  const isNew = await acceptErasure(writePath, input, requestId);
  return { status: isNew ? 202 : 200, body: presentErasure((await readErasure(db, input.userId))!) };
}

export function presentErasure({ userId, requestedAt, finishedAt, organizations }: StoredErasure): ResponseOf<typeof erasureShape> {
  const isAt = (status: StoredErasure['organizations'][number]['status']) => organizations.some((one) => one.status === status);
  const status = finishedAt === null ? (isAt('refused') ? 'refused' : 'running') : isAt('rewriting') ? 'rewriting' : 'done';
  return {
    id: userId,
    status,
    dateRequested: requestedAt,
    organizations: organizations.map(({ orgId }) => orgId),
    steps: organizations.map(({ orgId, ...step }) => ({
      organization: orgId,
      status: step.status,
      refusal: step.refusal,
      changedRecords: step.changedRecords,
    })),
    backups,
  };
}
