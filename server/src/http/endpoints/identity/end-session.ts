import { OrgError } from '@rollcall/protocol';
import { endSessions } from '../../../write-path/users/sessions/end-sessions.ts';
import { serverStreamId } from '../../../write-path/users/update-user.ts';
import type { ApiRequest, Reply } from '../../route.ts';
import { runRequestCommand } from '../../run-request-command.ts';
import type { Services } from '../../services.ts';
import { sessionOf } from './session-caller.ts';

/**
 * Ends one of the caller's own sessions, or all of them for null. Returns the number of sessions
 * that it ended.
 * @param endTokens ends the caller's tokens too
 */
export async function endSession(request: ApiRequest, services: Services, sessionId: string | null, endTokens = false): Promise<number> {
  const { userId } = sessionOf(request.caller);
  const reply = await nullIfNotFound(
    runRequestCommand(services, endSessions, {
      orgId: serverStreamId,
      actor: request.caller.actor,
      input: { userId, sessionId, endTokens },
      writeContext: { ...request.writeContext, idempotencyKey: null, ifMatch: null },
      respond: async (_tx, { ended }) => ({ status: 200, body: ended }),
    }),
  );
  return reply === null ? 0 : (reply.body as number);
}

/** Ends the session of the browser's former cookie, which a new session replaces. */
export async function endReplacedSession(request: ApiRequest, services: Services): Promise<void> {
  if (request.callerIfAny?.session) await endSession(request, services, request.callerIfAny.credentialId);
}

/** The reply of a write that ends something. Null if there is nothing to end. */
export async function nullIfNotFound<Value>(reply: Promise<Value>): Promise<Value | null> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof OrgError && error.code === 'not-found') return null;
    throw error;
  }
}

/**
 * The data that a browser removes after a log-out (`Clear-Site-Data`): all that it has cached of
 * this server, pages in its history included. Its storage stays, because an app at the same address
 * also uses it. The console removes there what it stored.
 */
export const clearedSiteData = '"cache"';

/** Returns 204 and clears the session cookie of the browser. */
export function replyLoggedOut({ sessionCookie }: Services): Reply {
  return { status: 204, headers: { 'Set-Cookie': sessionCookie.clear(), 'Clear-Site-Data': clearedSiteData } };
}
