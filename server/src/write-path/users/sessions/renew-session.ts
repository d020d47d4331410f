import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import { loginRenewed } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';

/**
 * The time for which the former token of a session is still accepted. Requests that are on their
 * way while the browser gets the new token arrive within it.
 */
const formerTokenSeconds = 30;

export interface RenewSession {
  readonly userId: string;
  readonly sessionId: string;
  /** The hash of the token that the request contained. */
  readonly tokenHash: string;
  readonly newTokenHash: string;
}

interface Facts {
  readonly input: RenewSession;
  readonly now: string;
  /** False if a concurrent request has replaced the token already. */
  readonly isCurrent: boolean;
}

/**
 * Records that a session's user has just proved their identity again, and gives the session a new
 * token. Its expiry stays the same. The former token doesn't count as a recent login, because
 * another person may have it.
 *
 * Only one of several concurrent requests with the same token replaces it. Otherwise the browser
 * could keep the token of the response that arrived last, which might already be a former one.
 */
export const renewSession: Command<RenewSession, Facts, { readonly isReplaced: boolean }> = {
  name: 'renew-session',

  async load(tx, input) {
    const row = await tx
      .selectFrom('sessions')
      .select(['token_hash', sql<string>`clock_timestamp()`.as('now')])
      .where('id', '=', input.sessionId)
      .where('user_id', '=', input.userId)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    return { input, now: row.now, isCurrent: row.token_hash === input.tokenHash };
  },

  decide({ sessionId, userId }, { now, isCurrent }) {
    return { changes: [loginRenewed(sessionId, userId, Date.parse(now))], result: { isReplaced: isCurrent } };
  },

  async persistSideEffects(tx, { result: { isReplaced } }, _context, { input, now }) {
    const replaced = {
      token_hash: input.newTokenHash,
      former_token_hash: input.tokenHash,
      former_authenticated_at: sql<string>`authenticated_at`,
      former_until: sql<string>`clock_timestamp() + make_interval(secs => ${formerTokenSeconds}::integer)`,
    };
    await tx
      .updateTable('sessions')
      .set({ authenticated_at: now, ...(isReplaced && replaced) })
      .where('id', '=', input.sessionId)
      .execute();
  },
};
