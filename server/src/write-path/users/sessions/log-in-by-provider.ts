import { OrgError } from '@rollcall/protocol';
import { userActor } from '../../../domain/actor.ts';
import { serverStreamId, sessionEnded } from '../../../domain/server-stream.ts';
import type { Command } from '../../command.ts';
import { type FinishedSignOn, type FinishSignOn, finishSignOn } from '../../commands/single-sign-on/finish-sign-on.ts';
import { type LinkedIdentity, linkIdentity } from '../../commands/single-sign-on/link-identity.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { readSessionIds, removeSessions } from './end-sessions.ts';

export interface ProviderLogin {
  readonly orgId: string;
  readonly input: FinishSignOn;
  readonly requestId: string | null;
  readonly ipAddress: string | null;
}

const gone = { kind: 'refused', refusal: { reason: 'provider-changed' } } as const;
const taken = { kind: 'refused', refusal: { reason: 'not-linked', missing: null } } as const;

/**
 * Finishes a login at an identity provider. The new session replaces one of another user in the
 * same browser, and the oldest ones of a user who has too many.
 */
export async function logInByProvider(path: WritePath, { orgId, input, ...from }: ProviderLogin): Promise<FinishedSignOn> {
  try {
    const { response } = await runCommand(path, finishSignOn, {
      orgId,
      input,
      actor: { kind: 'system' },
      ...from,
      respond: async (_tx, result) => ({ status: 200, body: result }),
    });
    const finished = response.body as FinishedSignOn;
    if (finished.kind === 'logged-in') await tryToEndReplacedSessions(path, finished.userId, input.session);
    return finished;
  } catch (error) {
    if (error instanceof OrgError && error.code === 'not-found') return gone;
    if (error instanceof OrgError && error.code === 'already-exists') return taken;
    throw error;
  }
}

/** Links the identity of a login whose user had to confirm the link, in the name of that user. */
export async function linkByProvider(path: WritePath, userId: string, { orgId, input, ...from }: ProviderLogin): Promise<LinkedIdentity> {
  try {
    const { response } = await runCommand(path, linkIdentity, {
      orgId,
      input,
      actor: userActor(userId),
      ...from,
      respond: async (_tx, result) => ({ status: 200, body: result }),
    });
    return response.body as LinkedIdentity;
  } catch (error) {
    if (error instanceof OrgError && error.code === 'not-found') return gone;
    throw error;
  }
}

/** The login is committed, so its browser gets the session even if this fails. */
async function tryToEndReplacedSessions(path: WritePath, userId: string, earlier: FinishSignOn['session']): Promise<void> {
  try {
    await endReplacedSessions(path, userId, earlier);
  } catch (error) {
    path.log.warn({ userId, error: String(error) }, 'could not end the sessions that a login replaces');
  }
}

async function endReplacedSessions(path: WritePath, userId: string, earlier: FinishSignOn['session']): Promise<void> {
  if (earlier && earlier.userId !== userId) await end(path, { userId: earlier.userId, sessionId: earlier.sessionId, keptMax: 0 });
  const count = (await readSessionIds(path.database.db, userId)).length;
  const keptMax = path.limits.sessionsPerUser;
  if (count > keptMax) await end(path, { userId, sessionId: null, keptMax });
}

interface Replaced {
  readonly userId: string;
  /** Null for the oldest sessions beyond the maximum. */
  readonly sessionId: string | null;
  readonly keptMax: number;
}

async function end(path: WritePath, input: Replaced): Promise<void> {
  await runCommand(path, endReplaced, {
    orgId: serverStreamId,
    actor: userActor(input.userId),
    input,
    requestId: null,
    respond: async () => ({ status: 204 }),
  });
}

const endReplaced: Command<Replaced, readonly string[], null> = {
  name: 'end-replaced-sessions',
  endsAccess: () => true,

  async load(tx, { userId, sessionId, keptMax }) {
    const ids = await readSessionIds(tx, userId);
    return sessionId === null ? ids.slice(0, Math.max(0, ids.length - keptMax)) : ids.filter((id) => id === sessionId);
  },

  decide({ userId }, ids) {
    return { changes: ids.map((id) => sessionEnded(id, userId)), result: null };
  },

  persistSideEffects: (tx, _decision, _context, ids) => removeSessions(tx, ids),
};
