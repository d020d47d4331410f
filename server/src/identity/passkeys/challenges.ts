import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { KeyRing } from '../../runtime/secrets/key-ring.ts';
import { decryptSecret, encryptSecret } from '../../runtime/secrets/secrets-at-rest.ts';

/**
 * Challenges that an authenticator signs. They are sealed and not stored, so that strangers who
 * request them cost the database nothing. The nonce of a used one is stored until it expires, so
 * that each is used once.
 */

/** WebAuthn section 15.1 recommends 5 to 10 minutes, for people who need more time. */
export const challengeSecondsMax = 5 * 60;

/** WebAuthn section 13.4.3 requires 16 bytes that can't be guessed. */
const nonceBytes = 16;

/** The browser that logs in, or the session that adds a passkey. */
export type ChallengePurpose = `login ${string}` | `enrolment ${string}`;

const sealedSchema = z.strictObject({
  /** A time in milliseconds. */
  until: z.int(),
  nonce: z.string(),
  userHandle: z.string(),
});
type Sealed = z.infer<typeof sealedSchema>;

/** @param userHandle the id by which the authenticator will know the user. Empty for a login. */
export function sealChallenge(keys: KeyRing, purpose: ChallengePurpose, userHandle = '', now = Date.now()): string {
  const nonce = randomBytes(nonceBytes).toString('base64url');
  const content: Sealed = { until: now + challengeSecondsMax * 1_000, nonce, userHandle };
  return Buffer.from(encryptSecret(keys, `passkey ${purpose}`, JSON.stringify(content))).toString('base64url');
}

export interface OpenedChallenge extends Pick<Sealed, 'nonce' | 'userHandle'> {
  readonly expiresAt: string;
}

/** Null if the challenge has expired, has another purpose, or does not come from this server. */
export function openChallenge(keys: KeyRing, purpose: ChallengePurpose, challenge: string, now = Date.now()): OpenedChallenge | null {
  const sealed = unseal(keys, purpose, challenge);
  if (!sealed || sealed.until <= now) return null;
  const { until, nonce, userHandle } = sealed;
  return { nonce, userHandle, expiresAt: new Date(until).toISOString() };
}

function unseal(keys: KeyRing, purpose: ChallengePurpose, challenge: string): Sealed | null {
  try {
    const sealed = Buffer.from(challenge, 'base64url').toString();
    return sealedSchema.parse(JSON.parse(decryptSecret(keys, `passkey ${purpose}`, sealed)));
  } catch {
    // The text was sealed for another purpose, was changed, or does not come from this server.
    return null;
  }
}
