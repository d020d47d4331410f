import type { LogChange } from '@rollcall/protocol';
import { sql } from 'kysely';
import type { Db, Tx } from '../../../database/database.ts';
import { notFound } from '../../../domain/authorize.ts';
import { sessionEnded, userTokenEnded } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { lockUser } from '../lock-credentials.ts';

export interface EndSessions {
  readonly userId: string;
  /** If null, all sessions end. */
  readonly sessionId: string | null;
  /** Whether the user's tokens are revoked too. */
  readonly endTokens: boolean;
}

/** Credentials of one user that a command ends. */
export interface EndedCredentials {
  readonly sessionIds: readonly string[];
  readonly tokenIds: readonly string[];
}

/**
 * Ends sessions by a command on the server's own stream, so that every instance closes their
 * sockets when it reads the log (rule A5).
 */
export const endSessions: Command<EndSessions, EndedCredentials, { readonly ended: number; readonly endedTokens: number }> = {
  name: 'end-sessions',
  endsAccess: () => true,

  async precheck(db, { userId, sessionId }) {
    if (sessionId !== null && !(await readSessionIds(db, userId)).includes(sessionId)) throw notFound();
  },

  async load(tx, { userId, sessionId, endTokens }) {
    // A concurrent request of one of these sessions that creates a token either commits first, and
    // the token is found, or finds its session ended.
    if (endTokens) await lockUser(tx, userId);
    const ids = await readSessionIds(tx, userId);
    return {
      sessionIds: sessionId === null ? ids : ids.filter((id) => id === sessionId),
      tokenIds: endTokens ? await readTokenIds(tx, userId) : [],
    };
  },

  decide({ userId }, ended) {
    return { changes: credentialsEnded(userId, ended), result: { ended: ended.sessionIds.length, endedTokens: ended.tokenIds.length } };
  },

  persistSideEffects: (tx, _decision, _context, ended) => removeCredentials(tx, ended),
};

export function credentialsEnded(userId: string, { sessionIds, tokenIds }: EndedCredentials): LogChange[] {
  return [...sessionIds.map((id) => sessionEnded(id, userId)), ...tokenIds.map((id) => userTokenEnded(id, userId))];
}

/** Returns the ids in a fixed order, because they become changes in the log. */
export async function readSessionIds(tx: Db, userId: string): Promise<string[]> {
  const rows = await selectSessions(tx, userId).execute();
  return rows.map(({ id }) => id);
}

/** The sessions that began with a password. Returns the ids in a fixed order. */
export async function readFullSessionIds(tx: Db, userId: string): Promise<string[]> {
  const rows = await selectSessions(tx, userId).where('kind', '=', 'full').execute();
  return rows.map(({ id }) => id);
}

/** Locks the user's sessions that began with single sign-on, in a fixed order. */
export async function lockSsoSessions(tx: Tx, userId: string): Promise<void> {
  await selectSessions(tx, userId).where('kind', '!=', 'full').forUpdate().execute();
}

function selectSessions(tx: Db, userId: string) {
  return tx.selectFrom('sessions').select('id').where('user_id', '=', userId).orderBy('id');
}

/** A session that began with single sign-on. */
export interface SsoSession {
  readonly id: string;
  /** Whether it gives access to no other organization than the one that it was read for. */
  readonly isOnlyBinding: boolean;
}

/**
 * The user's sessions that began with single sign-on and are bound to this organization, or to no
 * organization because their bindings ended. Returns them in a fixed order.
 */
export async function readSsoSessions(tx: Db, userId: string, orgId: string): Promise<SsoSession[]> {
  const isBound = sql<boolean>`EXISTS (
    SELECT FROM session_sso WHERE session_sso.session_id = sessions.id AND session_sso.organization_id = ${orgId}
  )`;
  const isElsewhere = sql<boolean>`EXISTS (
    SELECT FROM session_sso AS other WHERE other.session_id = sessions.id AND other.organization_id <> ${orgId}
  )`;
  return tx
    .selectFrom('sessions')
    .select(['id', sql<boolean>`NOT ${isElsewhere}`.as('isOnlyBinding')])
    .where('user_id', '=', userId)
    .where('kind', '!=', 'full')
    .where((eb) => eb.or([isBound, eb.not(isElsewhere)]))
    .orderBy('id')
    .execute();
}

/** Returns the ids in a fixed order, because they become changes in the log. */
export async function readTokenIds(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.selectFrom('auth_tokens').select('id').where('user_id', '=', userId).orderBy('id').execute();
  return rows.map(({ id }) => id);
}

export async function removeCredentials(tx: Tx, { sessionIds, tokenIds }: EndedCredentials): Promise<void> {
  await removeSessions(tx, sessionIds);
  if (tokenIds.length > 0) await tx.deleteFrom('auth_tokens').where('id', 'in', tokenIds).execute();
}

export async function removeSessions(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.deleteFrom('sessions').where('id', 'in', ids).execute();
}
