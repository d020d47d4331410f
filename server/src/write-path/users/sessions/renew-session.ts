import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import { userActor } from '../../../domain/actor.ts';
import { secondFactorUsed, serverStreamId } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { lockCredential, lockUser, userIsDisabled } from '../lock-credentials.ts';
import { consumeSecondFactor, type SecondFactorUse } from '../second-factors/consume-second-factor.ts';
import { secondFactorColumns } from './open-session.ts';

const now = sql<string>`clock_timestamp()`;

export interface ProvenSession {
  readonly userId: string;
  readonly sessionId: string;
}

/**
 * Records that a session's user has just proved their identity again. The session's expiry stays
 * the same.
 */
export async function renewSession({ database }: WritePath, { sessionId }: ProvenSession): Promise<void> {
  try {
    await database.db.updateTable('sessions').set({ authenticated_at: now }).where('id', '=', sessionId).execute();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

/**
 * Consumes a code, and records that the session's user has proved their identity with it. Returns
 * false if the code was used before or is not the user's.
 */
export async function renewSessionWithCode(path: WritePath, { userId, sessionId }: ProvenSession, code: SecondFactorUse): Promise<boolean> {
  const { response } = await runCommand(path, useSecondFactor, {
    orgId: serverStreamId,
    actor: userActor(userId),
    input: { userId, sessionId, code },
    requestId: null,
    respond: async (_tx, isAccepted) => ({ status: 200, body: isAccepted }),
  });
  return response.body as boolean;
}

interface Facts {
  readonly sessionId: string;
  readonly isAccepted: boolean;
  /** Whether no second factor was used in the session before. */
  readonly isFirstUse: boolean;
}

/**
 * A command on the server's own stream, so that every instance gives the open connections of the
 * session access to organizations that require a second factor.
 */
const useSecondFactor: Command<ProvenSession & { readonly code: SecondFactorUse }, Facts, boolean> = {
  name: 'use-second-factor',

  async load(tx, { userId, sessionId, code }) {
    // A change of the user's second factors either commits first, and the code is refused, or runs
    // later and ends the session if it is another one.
    const user = await lockUser(tx, userId);
    if (!user?.isActive) throw userIsDisabled();
    await lockCredential(tx, { kind: 'session', id: sessionId });
    return { sessionId, isAccepted: await consumeSecondFactor(tx, userId, code), isFirstUse: await isWithoutSecondFactor(tx, sessionId) };
  },

  decide({ userId, sessionId }, { isAccepted, isFirstUse }) {
    return { changes: isAccepted && isFirstUse ? [secondFactorUsed(sessionId, userId)] : [], result: isAccepted };
  },

  async persistSideEffects(tx, { result: isAccepted }, _context, { sessionId }) {
    if (!isAccepted) return;
    await tx.updateTable('sessions').set({ authenticated_at: now }).where('id', '=', sessionId).execute();
    await recordCode(tx, sessionId);
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
