import { OrgError } from '@rollcall/protocol';
import { anyOf } from '../../../../database/any-of.ts';
import type { Tx } from '../../../../database/database.ts';
import { userActor } from '../../../../domain/actor.ts';
import { bindingChanged, serverStreamId, sessionEnded } from '../../../../domain/server-stream.ts';
import type { Command } from '../../../../write-path/command.ts';
import { runCommand, type WritePath } from '../../../../write-path/run-command.ts';
import { againIfTaken } from '../../../../write-path/users/create-user.ts';
import { lockSsoSessions, readSessionIds, readSsoSessions, removeSessions } from '../../../../write-path/users/sessions/end-sessions.ts';
import { type FinishedSignOn, type FinishSignOn, finishSignOn } from './finish-sign-on.ts';
import { type LinkedIdentity, linkIdentity } from './link-identity.ts';

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
 * same browser. If the user has too many logins at this organization's provider, the oldest of them
 * end. Sessions stay for other organizations, and those that began with a password stay whole: the
 * owner of the organization controls the provider, and can log in there as any member.
 */
export async function logInByProvider(path: WritePath, { orgId, input, ...from }: ProviderLogin): Promise<FinishedSignOn> {
  try {
    // If a concurrent proof has taken the address, the login is decided again by the new facts.
    const { response } = await againIfTaken(() =>
      runCommand(path, finishSignOn, {
        orgId,
        input,
        actor: { kind: 'system' },
        ...from,
        respond: async (_tx, result) => ({ status: 200, body: result }),
      }),
    );
    const finished = response.body as FinishedSignOn;
    if (finished.kind === 'logged-in') await tryToEndReplacedSessions(path, orgId, finished.userId, input.session);
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
async function tryToEndReplacedSessions(path: WritePath, orgId: string, userId: string, earlier: FinishSignOn['session']): Promise<void> {
  try {
    await endReplacedSessions(path, orgId, userId, earlier);
  } catch (error) {
    path.log.warn({ userId, error: String(error) }, 'could not end the sessions that a login replaces');
  }
}

async function endReplacedSessions(path: WritePath, orgId: string, userId: string, earlier: FinishSignOn['session']): Promise<void> {
  if (earlier && earlier.userId !== userId) await end(path, { userId: earlier.userId, sessionId: earlier.sessionId });
  const renewedId = earlier?.userId === userId ? earlier.sessionId : null;
  const count = (await readSsoSessions(path.database.db, userId, orgId)).length;
  const keptMax = path.limits.sessionsPerUser;
  if (count > keptMax) await end(path, { userId, oldestOf: orgId, renewedId, keptMax });
}

/** One session, or the oldest logins at an organization's provider beyond the maximum. */
type Replaced = { readonly userId: string } & ({ readonly sessionId: string } | OldestLogins);

interface OldestLogins {
  readonly oldestOf: string;
  /** The earlier session that the login has bound. It counts as the latest. Null for a new one. */
  readonly renewedId: string | null;
  readonly keptMax: number;
}

interface Ending {
  readonly sessionIds: readonly string[];
  /** Sessions that are also bound to other organizations. They lose the binding to this one. */
  readonly unbound: { readonly orgId: string; readonly sessionIds: readonly string[] } | null;
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

const endReplaced: Command<Replaced, Ending, null> = {
  name: 'end-replaced-sessions',
  endsAccess: () => true,

  async load(tx, replaced) {
    const { userId } = replaced;
    if (!('sessionId' in replaced)) return oldestLogins(tx, userId, replaced);
    return { sessionIds: (await readSessionIds(tx, userId)).filter((id) => id === replaced.sessionId), unbound: null };
  },

  decide({ userId }, { sessionIds, unbound }) {
    const lost = unbound?.sessionIds.map((id) => bindingChanged(id, unbound.orgId, userId)) ?? [];
    return { changes: [...sessionIds.map((id) => sessionEnded(id, userId)), ...lost], result: null };
  },

  async persistSideEffects(tx, _decision, _context, { sessionIds, unbound }) {
    await removeSessions(tx, sessionIds);
    if (!unbound) return;
    await tx
      .deleteFrom('session_sso')
      .where('organization_id', '=', unbound.orgId)
      .where('session_id', '=', anyOf('bigint', unbound.sessionIds))
      .execute();
  },
};

async function oldestLogins(tx: Tx, userId: string, { oldestOf, renewedId, keptMax }: OldestLogins): Promise<Ending> {
  // A login at another provider that binds one of these sessions commits first, or waits. The lock
  // is a statement of its own, so that the next one sees the changes that it waited for.
  await lockSsoSessions(tx, userId);
  const sessions = await readSsoSessions(tx, userId, oldestOf);
  const oldest = sessions.filter(({ id }) => id !== renewedId).slice(0, Math.max(0, sessions.length - keptMax));
  const idsOf = (isOnlyBinding: boolean) => oldest.filter((session) => session.isOnlyBinding === isOnlyBinding).map(({ id }) => id);
  return { sessionIds: idsOf(true), unbound: { orgId: oldestOf, sessionIds: idsOf(false) } };
}
