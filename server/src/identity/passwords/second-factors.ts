import { Secret, TOTP } from 'otpauth';
import type { Db } from '../../database/database.ts';
import { contextOfTotp, secondFactorTypes } from '../../database/identity/second-factor.ts';
import type { KeyRing } from '../../runtime/secrets/key-ring.ts';
import { decryptSecret, digestSecret } from '../../runtime/secrets/secrets-at-rest.ts';
import type { PasskeyUse } from '../passkeys/verify-passkey.ts';

/**
 * The second factor that a user entered. It is consumed with the login that it admits, and only
 * then.
 */
export type SecondFactorProof =
  | { readonly type: 'totp'; readonly counter: number }
  /** The stored digest of the code. */
  | { readonly type: 'recovery'; readonly digest: string }
  | ({ readonly type: 'webauthn'; readonly passkeyId: string } & PasskeyUse);

export interface SecondFactors {
  /** Null if no app is enrolled. */
  readonly totp: { readonly storedSecret: string } | null;
  /** The types of second factors. Recovery codes are none. Empty if a login requires none. */
  readonly types: readonly string[];
}

export async function readSecondFactors(db: Db, userId: string): Promise<SecondFactors> {
  const rows = await db
    .selectFrom('authenticators')
    .select(['type', 'secret'])
    .where('user_id', '=', userId)
    .where('type', 'in', secondFactorTypes)
    .orderBy('type')
    .execute();
  const totp = rows.find(({ type }) => type === 'totp');
  return { totp: totp ? { storedSecret: totp.secret } : null, types: rows.map(({ type }) => type) };
}

/**
 * RFC 6238 section 5.2: one step back and one ahead, for inaccurate clocks and the time to type.
 */
const windowSteps = 1;

/**
 * The proof in a code, or null if the code is invalid. Whether it is one of the user's recovery
 * codes, and whether it was used before, is checked when it is consumed.
 */
export function readProof(secret: KeyRing, userId: string, { totp }: Pick<SecondFactors, 'totp'>, code: string): SecondFactorProof | null {
  const compact = code.replace(/[\s-]/g, '').toLowerCase();
  if (!/^[0-9]{6}$/.test(compact)) return { type: 'recovery', digest: digestSecret(secret, `recovery ${userId}`, compact) };
  const counter = totp && counterOf(decryptSecret(secret, contextOfTotp(userId), totp.storedSecret), compact);
  return counter === null ? null : { type: 'totp', counter };
}

/** The time step of a code, or null if the code is not valid now. */
export function counterOf(shared: string, code: string): number | null {
  const app = totpOf(shared);
  const delta = app.validate({ token: code.replace(/[\s-]/g, ''), window: windowSteps });
  return delta === null ? null : app.counter() + delta;
}

/** The default of authenticator apps: SHA-1, six digits, a new code every 30 s. */
export function totpOf(shared: string, named: { readonly issuer: string; readonly label: string } | null = null): TOTP {
  return new TOTP({ ...named, secret: Secret.fromBase32(shared) });
}
