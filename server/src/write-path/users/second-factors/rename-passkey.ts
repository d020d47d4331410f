import { notFound } from '../../../domain/authorize.ts';
import type { WritePath } from '../../run-command.ts';
import { type AccountOwner, inUserTransaction } from '../user-transaction.ts';

/** @throws OrgError `not-found` if the user has no such passkey */
export function renamePasskey(
  path: WritePath,
  owner: AccountOwner,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<void> {
  return inUserTransaction(path, owner, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('passkeys')
      .set({ name })
      .where('id', '=', id)
      .where('authenticator_id', 'in', (eb) => eb.selectFrom('authenticators').select('id').where('user_id', '=', owner.userId))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw notFound();
    return { result: undefined };
  });
}
