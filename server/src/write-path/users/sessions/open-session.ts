import { sql } from 'kysely';
import type { Tx } from '../../../database/database.ts';
import { secondFactorTypes } from '../../../database/identity/second-factor.ts';
import { translateDatabaseError } from '../../../database/translate-error.ts';
import { userActor } from '../../../domain/actor.ts';
import { serverStreamId, sessionEnded } from '../../../domain/server-stream.ts';
import { enqueueJobs, type NewJob } from '../../../jobs/enqueue-job.ts';
import type { Command } from '../../command.ts';
import { runCommand, type WritePath } from '../../run-command.ts';
import { consumeSecondFactor, type SecondFactorUse } from '../second-factors/consume-second-factor.ts';
import { readFullSessionIds, removeSessions } from './end-sessions.ts';
import { isRecoveryOwnerAnywhere } from './record-recovery-logins.ts';

export interface OpenSession {
  readonly userId: string;
  /**
   * The stored hash when the password was compared. Null for a login with a passkey alone, which a
   * new hash or another password doesn't concern.
   */
  readonly passwordHash: string | null;
  /** A costlier hash of the same password, which replaces the stored one. */
  readonly raisedHash: string | null;
  /** Null only if the user has none. */
  readonly secondFactor: SecondFactorUse | null;
  /** Whether the login has a second factor: a code, or another way to log in that includes one. */
  readonly hasSecondFactor: boolean;
  readonly tokenHash: string;
  readonly daysMax: number;
  readonly ipAddress: string | null;
  readonly userAgent: string;
  /** Enqueued with the session if the user is a recovery owner of an organization. */
  readonly recoveryLogin: NewJob;
}

export type OpenedSession = 'opened' | 'password-changed' | 'code-refused';

/** The stored part of the browser's user agent: enough to recognize it in a list. */
const userAgentLengthMax = 256;

/**
 * Opens a session, unless the facts that the login was checked with have changed. In that case
 * nothing is written, and no code is consumed. If the user has too many sessions that began with a
 * password, a command ends the oldest of them.
 */
export async function openSession(path: WritePath, input: OpenSession): Promise<OpenedSession> {
  const sessionsMax = path.limits.sessionsPerUser;
  try {
    const outcome = await path.database.db.transaction().execute((tx) => openWhereRoom(tx, input, sessionsMax));
    if (outcome === 'opened') path.wakeJobs();
    if (outcome !== 'full') return outcome;
  } catch (error) {
    throw translateDatabaseError(error);
  }
  const { response } = await runCommand(path, replaceOldestSessions, {
    orgId: serverStreamId,
    actor: userActor(input.userId),
    input: { ...input, sessionsMax },
    requestId: null,
    respond: async (_tx, outcome) => ({ status: 200, body: outcome }),
  });
  return response.body as OpenedSession;
}

async function openWhereRoom(tx: Tx, input: OpenSession, sessionsMax: number): Promise<OpenedSession | 'full'> {
  if (!(await lockUser(tx, input))) return 'password-changed';
  const sessionIds = await readFullSessionIds(tx, input.userId);
  if (sessionIds.length >= sessionsMax) return 'full';
  if (!(await proveSecondFactor(tx, input))) return 'code-refused';
  await insertSession(tx, input);
  await enqueueJobs(tx, await jobsOf(tx, input));
  return 'opened';
}

interface Facts {
  readonly session: OpenSession;
  readonly outcome: OpenedSession;
  readonly jobs: readonly NewJob[];
  /** The oldest sessions, which the new one replaces. */
  readonly endedIds: readonly string[];
}

const replaceOldestSessions: Command<OpenSession & { readonly sessionsMax: number }, Facts, OpenedSession> = {
  name: 'replace-oldest-sessions',

  async load(tx, { sessionsMax, ...input }) {
    const refused = (outcome: OpenedSession) => ({ session: input, outcome, jobs: [], endedIds: [] });
    if (!(await lockUser(tx, input))) return refused('password-changed');
    if (!(await proveSecondFactor(tx, input))) return refused('code-refused');
    const ids = await readFullSessionIds(tx, input.userId);
    const jobs = await jobsOf(tx, input);
    return { session: input, outcome: 'opened', jobs, endedIds: ids.slice(0, Math.max(0, ids.length + 1 - sessionsMax)) };
  },

  decide({ userId }, { outcome, jobs, endedIds }) {
    return { changes: endedIds.map((id) => sessionEnded(id, userId)), jobs, result: outcome };
  },

  async persistSideEffects(tx, { result: outcome }, _context, { session, endedIds }) {
    if (outcome !== 'opened') return;
    await removeSessions(tx, endedIds);
    await insertSession(tx, session);
  },
};

/**
 * Locked until the end of the transaction. A change that ends the user's sessions waits for this
 * one, and ends it too. Another login of the user waits, so that their sessions are counted
 * correctly. False if the password that was compared has changed, or the user was disabled.
 */
async function lockUser(tx: Tx, { userId, passwordHash, secondFactor }: OpenSession): Promise<boolean> {
  const isPasskeyAlone = passwordHash === null && secondFactor?.type === 'webauthn';
  const user = await tx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('is_active', '=', true)
    .$if(!isPasskeyAlone, (query) => query.where(sql<boolean>`password_hash = ${passwordHash}::text`))
    .forNoKeyUpdate()
    .executeTakeFirst();
  return user !== undefined;
}

/**
 * Consumes the second factor. Returns false if it was used before, or if a required one is missing.
 */
async function proveSecondFactor(tx: Tx, { userId, secondFactor }: OpenSession): Promise<boolean> {
  return secondFactor ? consumeSecondFactor(tx, userId, secondFactor) : !(await hasSecondFactor(tx, userId));
}

async function jobsOf(tx: Tx, { userId, recoveryLogin }: OpenSession): Promise<readonly NewJob[]> {
  return (await isRecoveryOwnerAnywhere(tx, userId)) ? [recoveryLogin] : [];
}

async function insertSession(tx: Tx, input: OpenSession): Promise<void> {
  if (input.raisedHash !== null)
    await tx.updateTable('users').set({ password_hash: input.raisedHash }).where('id', '=', input.userId).execute();
  await tx
    .insertInto('sessions')
    .values({
      user_id: input.userId,
      token_hash: input.tokenHash,
      expires_at: sql<string>`clock_timestamp() + make_interval(days => ${input.daysMax}::integer)`,
      ip_address: input.ipAddress,
      user_agent: storedUserAgent(input.userAgent),
      ...secondFactorColumns(input.hasSecondFactor),
    })
    .execute();
}

/** The strength of a login now, as columns of `sessions`. */
export function secondFactorColumns(hasSecondFactor: boolean) {
  return { has_second_factor: hasSecondFactor, second_factor_at: hasSecondFactor ? sql<string>`clock_timestamp()` : null };
}

export function storedUserAgent(userAgent: string): string {
  return [...userAgent].slice(0, userAgentLengthMax).join('');
}

async function hasSecondFactor(tx: Tx, userId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('authenticators')
    .select('id')
    .where('user_id', '=', userId)
    .where('type', 'in', secondFactorTypes)
    .executeTakeFirst();
  return row !== undefined;
}
