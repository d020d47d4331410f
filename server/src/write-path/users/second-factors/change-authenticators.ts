import { OrgError } from '@rollcall/protocol';
import type { Tx } from '../../../database/database.ts';
import { secondFactorTypes } from '../../../database/identity/second-factor.ts';
import { notFound } from '../../../domain/authorize.ts';
import { secondFactorChanged, secondFactorUsed, sessionEnded } from '../../../domain/server-stream.ts';
import type { NoticeToSend } from '../../../mail/enqueue-mail.ts';
import type { AccountChange } from '../../../mail/templates/account-changed.ts';
import { storedLimits } from '../../../runtime/limits/rows/stored.ts';
import type { Command } from '../../command.ts';
import { allocateId } from '../../load-state.ts';
import { loadAccountNotices } from '../account-notice.ts';
import { lockCredential, lockUser, userIsDisabled } from '../lock-credentials.ts';
import { refreshMembersJob } from '../members/refresh-members.ts';
import { readSessionIds, removeSessions } from '../sessions/end-sessions.ts';
import { isWithoutSecondFactor, recordCode } from '../sessions/renew-session.ts';
import { consumeChallenge } from './consume-second-factor.ts';

export interface StoredAuthenticator {
  readonly type: 'totp' | 'recovery';
  /** Encrypted or hashed, depending on the type. */
  readonly storedSecret: string;
  /** For TOTP, the time step of the code that was checked, which cannot be used again. */
  readonly lastCounter: number | null;
}

export interface ChangeAuthenticators {
  readonly userId: string;
  /** Enrolled authenticators, which replace earlier ones of their type. */
  readonly put: readonly StoredAuthenticator[];
  readonly addPasskey?: AddedPasskey;
  /** With the last second factor, the recovery codes go too. `webauthn` stands for all passkeys. */
  readonly remove: readonly ('totp' | 'webauthn')[];
  readonly removePasskeyId?: string;
  /**
   * The mail to the user, because another person may have made the change. A user without a
   * password, who can't log in with the factor, gets none about the operator's change.
   */
  readonly notice: AccountChange;
  /**
   * The session in which the user makes the change. All others end, because they were opened
   * without it. Null if the operator makes it.
   */
  readonly keptSessionId: string | null;
}

export interface AddedPasskey {
  readonly passkey: StoredPasskeyKey;
  readonly challenge: { readonly nonce: string; readonly expiresAt: string };
  /** Enrolled if the user has no recovery codes. */
  readonly recovery: StoredAuthenticator;
}

/** A new passkey. Binary values are in base64url. */
interface StoredPasskeyKey {
  readonly name: string;
  readonly credentialId: string;
  readonly userHandle: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly transports: readonly string[];
}

interface Facts {
  readonly change: ChangeAuthenticators;
  readonly before: Enrolled;
  /** The id of the new passkey. Null without one. */
  readonly newId: string | null;
  /** False if the challenge of the new passkey was used before. */
  readonly isFresh: boolean;
  /** The session in which the user enrols a second factor, which they thereby prove. */
  readonly enrolledIn: { readonly sessionId: string; readonly isFirstUse: boolean } | null;
  /** The sessions that the change ends. */
  readonly sessionIds: readonly string[];
  readonly notices: readonly NoticeToSend[];
}

/** The authenticators that a user has, or will have after the change. */
interface Enrolled {
  readonly types: ReadonlySet<string>;
  readonly passkeyIds: readonly string[];
}

export interface ChangedAuthenticators {
  /** Whether the recovery codes beside the new passkey were enrolled. */
  readonly hasNewCodes: boolean;
  /** Null without a new passkey. */
  readonly passkeyId: string | null;
}

/**
 * A command on the server's own stream. It ends access where a second factor is required. A job
 * then updates the user in each member record, with one revision per organization.
 */
export const changeAuthenticators: Command<ChangeAuthenticators, Facts, ChangedAuthenticators> = {
  name: 'change-authenticators',
  endsAccess: () => true,

  async load(tx, change) {
    const { userId, notice, keptSessionId, put, addPasskey } = change;
    // Waits for commands that add this user as a member, so that the refresh finds the member.
    const user = await lockUser(tx, userId);
    if (!user || user.isErased) throw notFound();
    if (keptSessionId !== null) {
      if (!user.isActive) throw userIsDisabled();
      await lockCredential(tx, { kind: 'session', id: keptSessionId });
    }
    const before = await readEnrolled(tx, userId);
    const factorsLeft = notice === 'passkey-removed' ? countFactors(applyChange(change, before, null)) : undefined;
    const enrolsIn = addPasskey || put.some(({ type }) => type === 'totp') ? keptSessionId : null;
    return {
      change,
      before,
      newId: addPasskey ? await allocateId(tx) : null,
      isFresh: addPasskey === undefined || (await consumeChallenge(tx, addPasskey.challenge)),
      enrolledIn: enrolsIn === null ? null : { sessionId: enrolsIn, isFirstUse: await isWithoutSecondFactor(tx, enrolsIn) },
      sessionIds: (await readSessionIds(tx, userId)).filter((id) => id !== keptSessionId),
      notices: keptSessionId === null && user.passwordHash === null ? [] : await loadAccountNotices(tx, userId, notice, factorsLeft),
    };
  },

  decide({ userId, addPasskey, removePasskeyId }, { change, before, newId, isFresh, enrolledIn, sessionIds, notices }) {
    if (!isFresh) throw new OrgError('invalid', 'This passkey was already added.');
    if (removePasskeyId !== undefined && !before.passkeyIds.includes(removePasskeyId)) throw notFound();
    if (addPasskey) assertRoomForPasskey(before.passkeyIds.length);
    const has2fa = hasSecondFactor(applyChange(change, before, newId));
    const factor = has2fa === hasSecondFactor(before) ? [] : [secondFactorChanged(userId, !has2fa)];
    const used = enrolledIn?.isFirstUse ? [secondFactorUsed(enrolledIn.sessionId, userId)] : [];
    const ended = sessionIds.map((id) => sessionEnded(id, userId));
    const result = { hasNewCodes: addPasskey !== undefined && !before.types.has('recovery'), passkeyId: newId };
    return { changes: [...factor, ...used, ...ended], mails: notices, jobs: [refreshMembersJob(userId)], result };
  },

  async persistSideEffects(tx, { result: { hasNewCodes } }, _context, { change, before, newId, enrolledIn, sessionIds }) {
    const { userId, put, addPasskey, removePasskeyId } = change;
    for (const one of put) await enrol(tx, userId, one);
    if (addPasskey && newId !== null) await insertPasskey(tx, { userId, id: newId, ...addPasskey.passkey });
    if (addPasskey && hasNewCodes) await enrol(tx, userId, addPasskey.recovery);
    if (removePasskeyId !== undefined) await tx.deleteFrom('passkeys').where('id', '=', removePasskeyId).execute();
    const after = applyChange(change, before, newId);
    const gone = [...before.types].filter((type) => !after.types.has(type));
    if (gone.length > 0) await tx.deleteFrom('authenticators').where('user_id', '=', userId).where('type', 'in', gone).execute();
    if (enrolledIn) await recordCode(tx, enrolledIn.sessionId);
    await removeSessions(tx, sessionIds);
  },

  conflicts: {
    passkeys_credential_id_key: () => new OrgError('invalid', 'This passkey was already added to an account.'),
  },
};

/** @throws OrgError `invalid` if the user has as many passkeys as an account can have */
export function assertRoomForPasskey(count: number): void {
  const { value: max } = storedLimits.passkeysPerUser;
  if (count >= max) throw new OrgError('invalid', `An account can have at most ${max} passkeys. Remove one first.`);
}

async function readEnrolled(tx: Tx, userId: string): Promise<Enrolled> {
  const rows = await tx.selectFrom('authenticators').select('type').where('user_id', '=', userId).execute();
  const passkeys = await tx
    .selectFrom('passkeys')
    .innerJoin('authenticators', 'authenticators.id', 'passkeys.authenticator_id')
    .select('passkeys.id')
    .where('authenticators.user_id', '=', userId)
    .execute();
  return { types: new Set(rows.map(({ type }) => type)), passkeyIds: passkeys.map(({ id }) => id) };
}

function applyChange({ put, addPasskey, remove, removePasskeyId }: ChangeAuthenticators, before: Enrolled, newId: string | null): Enrolled {
  const left = remove.includes('webauthn') ? [] : before.passkeyIds.filter((id) => id !== removePasskeyId);
  const passkeyIds = newId === null ? left : [...left, newId];
  const types = new Set([...before.types, ...put.map(({ type }) => type), ...(addPasskey ? ['webauthn', 'recovery'] : [])]);
  for (const type of remove) types.delete(type);
  if (passkeyIds.length === 0) types.delete('webauthn');
  const after = { types, passkeyIds };
  // Codes of a user who never had a second factor stay, because the operator may create them first.
  if (hasSecondFactor(before) && !hasSecondFactor(after)) types.delete('recovery');
  return after;
}

function hasSecondFactor({ types }: Enrolled): boolean {
  return secondFactorTypes.some((type) => types.has(type));
}

/** Recovery codes are no second factor of their own. */
function countFactors({ types, passkeyIds }: Enrolled): number {
  return passkeyIds.length + (types.has('totp') ? 1 : 0);
}

/** The row of type `webauthn` has no secret. It only holds the passkeys. */
async function insertPasskey(tx: Tx, { userId, id, ...passkey }: StoredPasskeyKey & { userId: string; id: string }): Promise<void> {
  await enrol(tx, userId, { type: 'webauthn', storedSecret: '', lastCounter: null });
  const { name, credentialId, userHandle, publicKey, counter, transports } = passkey;
  await tx
    .insertInto('passkeys')
    .values((eb) => ({
      id,
      authenticator_id: eb
        .selectFrom('authenticators')
        .select('authenticators.id')
        .where('user_id', '=', userId)
        .where('type', '=', 'webauthn')
        .$asScalar()
        .$notNull(),
      ...{ name, credential_id: credentialId, user_handle: userHandle, public_key: publicKey },
      ...{ counter: String(counter), transports: JSON.stringify(transports) },
    }))
    .execute();
}

async function enrol(
  tx: Tx,
  userId: string,
  { type, storedSecret, lastCounter }: Omit<StoredAuthenticator, 'type'> & { readonly type: StoredAuthenticator['type'] | 'webauthn' },
): Promise<void> {
  const columns = { secret: storedSecret, last_counter: lastCounter === null ? null : String(lastCounter) };
  await tx
    .insertInto('authenticators')
    .values({ user_id: userId, type, ...columns })
    .onConflict((conflict) => conflict.columns(['user_id', 'type']).doUpdateSet(columns))
    .execute();
}
