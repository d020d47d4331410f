import { OrgError } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { loginRenewed, secondFactorUsed } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { lockUser, userIsDisabled } from '../lock-credentials.ts';
import { consumeSecondFactor, type SecondFactorUse } from '../second-factors/consume-second-factor.ts';
import { secondFactorColumns } from './open-session.ts';

/**
 * The time for which the former token of a session is still accepted. Requests that are on their
 * way while the browser gets the new token arrive within it.
 */
const formerTokenSeconds = 30;

export interface ProvenSession {
  readonly userId: string;
  readonly sessionId: string;
}

export interface RenewSession extends ProvenSession {
  /** The hash of the token that the request contained. */
  readonly tokenHash: string;
  readonly newTokenHash: string;
  /** The second factor that the user proved, too. */
  readonly code: SecondFactorUse | null;
}

/**
 * Whether the session has the new token. If not, a concurrent request has replaced the former one,
 * or the code was used before or is not the user's, and nothing has changed.
 */
export type Renewal = 'replaced' | 'renewed' | 'code-refused';

interface Facts {
  readonly input: RenewSession;
  readonly now: string;
  /** False if a concurrent request has replaced the token already. */
  readonly isCurrent: boolean;
  readonly isCodeRefused: boolean;
  /** Whether the code is the first second factor in the session. */
  readonly isFirstCode: boolean;
}

/**
 * Records that a session's user has just proved their identity again, and gives the session a new
 * token. Its expiry stays the same. The former token doesn't count as a recent login, because
 * another person may have it.
 *
 * Only one of several concurrent requests with the same token replaces it. Otherwise the browser
 * could keep the token of the response that arrived last, which might already be a former one.
 *
 * It is a command on the server's own stream, so that every instance gives the open connections of
 * the session access to organizations that require a second factor.
 */
export const renewSession: Command<RenewSession, Facts, Renewal> = {
  name: 'renew-session',

  async load(tx, input) {
    // A change of the user's second factors either commits first, and the code is refused, or runs
    // later and ends the session if it is another one.
    const user = await lockUser(tx, input.userId);
    if (!user?.isActive) throw userIsDisabled();
    const row = await tx
      .selectFrom('sessions')
      .select(['token_hash', 'has_second_factor', sql<string>`clock_timestamp()`.as('now')])
      .where('id', '=', input.sessionId)
      .where('user_id', '=', input.userId)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new OrgError('unauthenticated', 'Authentication credentials were not provided.');
    const isCodeRefused = input.code !== null && !(await consumeSecondFactor(tx, input.userId, input.code));
    return {
      input,
      now: row.now,
      isCurrent: row.token_hash === input.tokenHash,
      isCodeRefused,
      isFirstCode: input.code !== null && row.has_second_factor === false,
    };
  },

  decide({ sessionId, userId }, { now, isCurrent, isCodeRefused, isFirstCode }) {
    if (isCodeRefused) return { changes: [], result: 'code-refused' };
    const changes = [loginRenewed(sessionId, userId, Date.parse(now)), ...(isFirstCode ? [secondFactorUsed(sessionId, userId)] : [])];
    return { changes, result: isCurrent ? 'replaced' : 'renewed' };
  },

  async persistSideEffects(tx, { result }, _context, { input, now }) {
    if (result === 'code-refused') return;
    const replaced = {
      token_hash: input.newTokenHash,
      former_token_hash: input.tokenHash,
      former_authenticated_at: sql<string>`authenticated_at`,
      former_has_second_factor: sql<boolean | null>`has_second_factor`,
      former_until: sql<string>`clock_timestamp() + make_interval(secs => ${formerTokenSeconds}::integer)`,
    };
    await tx
      .updateTable('sessions')
      .set({ authenticated_at: now, ...(input.code !== null && secondFactorColumns(true)), ...(result === 'replaced' && replaced) })
      .where('id', '=', input.sessionId)
      .execute();
  },
};

/** Whether the session's login had no second factor, and none was used since. */
export async function isWithoutSecondFactor(tx: Tx, sessionId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', sessionId)
    .where('has_second_factor', '=', false)
    .executeTakeFirst();
  return row !== undefined;
}

/** Records that a second factor was used in the session. */
export async function recordCode(tx: Tx, sessionId: string): Promise<void> {
  await tx.updateTable('sessions').set(secondFactorColumns(true)).where('id', '=', sessionId).execute();
}
