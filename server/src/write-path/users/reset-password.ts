import { OrgError } from '@rollcall/protocol';
import { type EmailTokenText, readEmailToken } from '../../database/email-tokens.ts';
import { sessionEnded } from '../../domain/server-stream.ts';
import type { Command } from '../command.ts';
import { forgetResets } from './email-tokens.ts';
import { readSessionIds, removeSessions } from './end-sessions.ts';
import { notifyUser } from './notify-user.ts';

export interface ResetPassword extends EmailTokenText {
  readonly passwordHash: string;
}

interface Facts {
  readonly userId: string;
  readonly passwordHash: string;
  readonly sessionIds: readonly string[];
}

/**
 * Sets another password by a link from a mail, which is used up with it, as are all others. All sessions end, since somebody
 * else may have opened them. Nobody is logged in by it: a second factor is asked for as ever.
 */
export const resetPassword: Command<ResetPassword, Facts, { readonly userId: string }> = {
  name: 'reset-password',
  endsAccess: () => true,

  async load(tx, { passwordHash, ...text }) {
    const found = await readEmailToken(tx, 'password-reset', text);
    if (!found) throw linkIsOver();
    const { userId } = found;
    // A login that is under way comes before this and is ended by it, or after it and is judged anew.
    await tx.selectFrom('users').select('id').where('id', '=', userId).forUpdate().execute();
    return { userId, passwordHash, sessionIds: await readSessionIds(tx, userId) };
  },

  decide(_input, { userId, sessionIds }) {
    return { changes: sessionIds.map((id) => sessionEnded(id, userId)), result: { userId } };
  },

  async saveRest(tx, _decision, _context, { userId, passwordHash, sessionIds }) {
    await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', userId).execute();
    await removeSessions(tx, sessionIds);
    await forgetResets(tx, userId);
    await notifyUser(tx, userId, 'password-changed');
  },
};

/** Whatever is wrong with it. */
export function linkIsOver(): OrgError {
  return new OrgError('invalid', 'This link is not valid any more. Ask for another one.');
}
