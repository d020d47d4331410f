import type { Db } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { userTokenEnded } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';

export interface RevokeUserToken {
  readonly userId: string;
  readonly tokenId: string;
  /** Only a token that is bound to one of these organizations. Null for any token of the user. */
  readonly boundOrgIds: ReadonlySet<string> | null;
}

/**
 * Revokes a token by a command on the server's own stream, so that every instance closes its
 * sockets when it reads the log (rule A5).
 */
export const revokeUserToken: Command<RevokeUserToken, RevokeUserToken, null> = {
  name: 'revoke-user-token',
  endsAccess: () => true,
  precheck: assertTokenOf,

  async load(tx, token) {
    await assertTokenOf(tx, token);
    return token;
  },

  decide({ tokenId, userId }) {
    return { changes: [userTokenEnded(tokenId, userId)], result: null };
  },

  async persistSideEffects(tx, _decision, _context, { tokenId }) {
    await tx.deleteFrom('auth_tokens').where('id', '=', tokenId).execute();
  },
};

/** @throws OrgError `not-found` */
async function assertTokenOf(db: Db, { tokenId, userId, boundOrgIds }: RevokeUserToken): Promise<void> {
  const row = await db
    .selectFrom('auth_tokens')
    .select('organization_id')
    .where('id', '=', tokenId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  if (!row || (boundOrgIds !== null && !boundOrgIds.has(row.organization_id ?? ''))) throw notFound();
}
