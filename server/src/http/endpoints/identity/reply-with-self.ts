import { notFound } from '../../../domain/authorize.ts';
import { readSelf } from '../../../read-path/queries/identity/self.ts';
import type { Reply } from '../../route.ts';
import type { Services } from '../../services.ts';
import { presentSelf } from './present-self.ts';

/**
 * Returns 200 with the user's own view of their account.
 * @param isBound as in `presentSelf`
 * @throws OrgError `not-found`
 */
export async function replyWithSelf({ db }: Services, userId: string, isBound = false): Promise<Reply> {
  const self = await readSelf(db, userId);
  if (!self) throw notFound();
  return { status: 200, body: presentSelf(self, isBound) };
}
