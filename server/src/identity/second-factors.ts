import { Secret, TOTP } from 'otpauth';
import type { Db } from '../database/database.ts';
import { decryptSecret, digestSecret } from './secrets-at-rest.ts';

/** What a second factor was answered with. It is used up with the login that it admits, and only then. */
export type SecondFactorProof =
  | { readonly type: 'totp'; readonly counter: number }
  /** What is kept of the code. */
  | { readonly type: 'recovery'; readonly digest: string };

export interface SecondFactors {
  /** Null: none is enrolled, and none is asked for. Recovery codes alone are none (REST contract 5.6). */
  readonly totp: { readonly kept: string } | null;
}

export async function readSecondFactors(db: Db, userId: string): Promise<SecondFactors> {
  const row = await db
    .selectFrom('authenticators')
    .select('secret')
    .where('user_id', '=', userId)
    .where('type', '=', 'totp')
    .executeTakeFirst();
  return { totp: row ? { kept: row.secret } : null };
}

/** RFC 6238 section 5.2: one step back and ahead for clocks that are off and for the time it takes to type. */
const windowSteps = 1;

/**
 * What a code may prove; null when it can be none. Whether a recovery code is one of theirs, and whether a code was used
 * before, is judged when it is used.
 */
export function readProof(secret: string, userId: string, { totp }: SecondFactors, code: string): SecondFactorProof | null {
  const compact = code.replace(/[\s-]/g, '').toLowerCase();
  if (!/^[0-9]{6}$/.test(compact)) return { type: 'recovery', digest: digestSecret(secret, `recovery ${userId}`, compact) };
  const counter = totp && counterOf(decryptSecret(secret, `totp ${userId}`, totp.kept), compact);
  return counter === null ? null : { type: 'totp', counter };
}

/** The time step that a code belongs to; null when it is none of now. */
export function counterOf(shared: string, code: string): number | null {
  const app = totpOf(shared);
  const delta = app.validate({ token: code.replace(/[\s-]/g, ''), window: windowSteps });
  return delta === null ? null : app.counter() + delta;
}

/** As authenticator apps have it by default: SHA-1, six digits, a new code every 30 s. */
export function totpOf(shared: string, named: { readonly issuer: string; readonly label: string } | null = null): TOTP {
  return new TOTP({ ...named, secret: Secret.fromBase32(shared) });
}
