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

  async load(tx, input) {
    const { userId, sessionId, orgId } = input;
    const row = await tx
      .selectFrom('session_sso')
      .innerJoin('sessions', 'sessions.id', 'session_sso.session_id')
      .select('sessions.id')
      .where('sessions.id', '=', sessionId)
      .where('sessions.user_id', '=', userId)
      .where('session_sso.organization_id', '=', orgId)
      .executeTakeFirst();
    return { input, isFound: row !== undefined };
  },

  decide({ userId, sessionId, orgId }, { isFound }) {
    return { changes: isFound ? [bindingChanged(sessionId, orgId, userId)] : [], result: { isEnded: isFound } };
  },

  async persistSideEffects(tx, _decision, _context, { input: { sessionId, orgId }, isFound }) {
    if (!isFound) return;
    await tx.deleteFrom('session_sso').where('session_id', '=', sessionId).where('organization_id', '=', orgId).execute();
  },
};
