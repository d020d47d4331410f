import { translateDatabaseError } from '../../database/translate-error.ts';
import { notFound } from '../../domain/authorize.ts';
import type { WritePath } from '../run-command.ts';

/** Revokes a token of the operator, see `createOperatorToken`. @throws OrgError `not-found` */
export async function revokeOperatorToken({ database }: WritePath, id: string): Promise<void> {
  const row = await database.db
    .deleteFrom('operator_tokens')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
    .catch((error: unknown) => {
      throw translateDatabaseError(error);
    });
  if (!row) throw notFound();
}
