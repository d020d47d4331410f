import type { Db } from '../../database/database.ts';
import { notFound } from '../../domain/authorize.ts';
import { serviceTokenEnded } from '../../domain/server-stream.ts';
import type { Command } from '../command.ts';

interface RevokeServiceToken {
  readonly tokenId: string;
}

/**
 * Revokes a service token by a command on the server's own stream, so that every instance closes
 * its connections when it reads the log (rule A5).
 */
export const revokeServiceToken: Command<RevokeServiceToken, RevokeServiceToken, null> = {
  name: 'revoke-service-token',
  endsAccess: () => true,
  precheck: assertToken,

  async load(tx, token) {
    await assertToken(tx, token);
    return token;
  },

  decide({ tokenId }) {
    return { changes: [serviceTokenEnded(tokenId)], result: null };
  },

  async persistSideEffects(tx, _decision, _context, { tokenId }) {
    await tx.deleteFrom('service_tokens').where('id', '=', tokenId).execute();
  },
};

/** @throws OrgError `not-found` */
async function assertToken(db: Db, { tokenId }: RevokeServiceToken): Promise<void> {
  const row = await db.selectFrom('service_tokens').select('id').where('id', '=', tokenId).executeTakeFirst();
  if (!row) throw notFound();
}
