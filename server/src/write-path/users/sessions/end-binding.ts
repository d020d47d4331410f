import type { Db } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { bindingChanged } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';

export interface EndBinding {
  readonly userId: string;
  readonly sessionId: string;
  readonly orgId: string;
}

interface Facts {
  readonly input: EndBinding;
  readonly isFound: boolean;
}

/**
 * Ends the single sign-on of a session for one organization, by a command on the server's own
 * stream, so that every instance closes the session's sockets. Their clients reconnect with the
 * bindings that remain (rule A5).
 */
export const endBinding: Command<EndBinding, Facts, { readonly isEnded: boolean }> = {
  name: 'end-binding',
  endsAccess: () => true,

  async precheck(db, input) {
    if (!(await isBound(db, input))) throw notFound();
  },

  async load(tx, input) {
    return { input, isFound: await isBound(tx, input) };
  },

  decide({ userId, sessionId, orgId }, { isFound }) {
    return { changes: isFound ? [bindingChanged(sessionId, orgId, userId)] : [], result: { isEnded: isFound } };
  },

  async persistSideEffects(tx, _decision, _context, { input: { sessionId, orgId }, isFound }) {
    if (!isFound) return;
    await tx.deleteFrom('session_sso').where('session_id', '=', sessionId).where('organization_id', '=', orgId).execute();
  },
};

async function isBound(db: Db, { userId, sessionId, orgId }: EndBinding): Promise<boolean> {
  const row = await db
    .selectFrom('session_sso')
    .innerJoin('sessions', 'sessions.id', 'session_sso.session_id')
    .select('sessions.id')
    .where('sessions.id', '=', sessionId)
    .where('sessions.user_id', '=', userId)
    .where('session_sso.organization_id', '=', orgId)
    .executeTakeFirst();
  return row !== undefined;
}
