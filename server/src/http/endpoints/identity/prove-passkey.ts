import { randomBytes } from 'node:crypto';
import { OrgError } from '@rollcall/protocol';
import { HostCookie } from '../../../identity/host-cookie.ts';
import { challengeSecondsMax, openChallenge, sealChallenge } from '../../../identity/passkeys/challenges.ts';
import { findPasskey } from '../../../identity/passkeys/find-passkey.ts';
import { type RelyingParty, relyingPartyOf, whereBrowsersAllowPasskeys } from '../../../identity/passkeys/relying-party.ts';
import { type PasskeyAssertion, verifyAssertion } from '../../../identity/passkeys/verify-passkey.ts';
import type { SecondFactorProof } from '../../../identity/passwords/second-factors.ts';
import type { ApiRequest } from '../../route.ts';
import type { Services } from '../../services.ts';

/** The proof of a passkey, and whose it is. */
export interface ProvenPasskey {
  readonly userId: string;
  readonly proof: Extract<SecondFactorProof, { type: 'webauthn' }>;
}

/** @throws OrgError `invalid` at an address where browsers refuse passkeys */
export function assertPasskeysWork({ publicUrl }: Pick<Services, 'publicUrl'>): RelyingParty {
  const party = relyingPartyOf(publicUrl);
  if (party) return party;
  throw new OrgError('invalid', `${whereBrowsersAllowPasskeys} Ask the operator to change PUBLIC_URL.`);
}

/** The cookie that binds a challenge to the browser that requested it. */
function flowCookieOf({ publicUrl }: Pick<Services, 'publicUrl'>): HostCookie {
  return new HostCookie(publicUrl, 'rollcall_passkey');
}

/** 128 bits in base64url. */
const flowPattern = /^[\w-]{22}$/;

/**
 * The options for a login with any passkey of this server. They depend on no account, and cost no
 * query. Tabs of one browser share the cookie.
 */
export function beginAssertion({ cookie }: Pick<ApiRequest, 'cookie'>, services: Pick<Services, 'publicUrl' | 'secret'>) {
  const { id } = assertPasskeysWork(services);
  const flow = flowCookieOf(services);
  const known = flow.read(cookie);
  const name = flowPattern.test(known) ? known : randomBytes(16).toString('base64url');
  const options = {
    challenge: sealChallenge(services.secret, `login ${name}`),
    rpId: id,
    timeout: challengeSecondsMax * 1_000,
    userVerification: 'required',
    allowCredentials: [],
  } as const;
  return { options, cookie: flow.write(name, challengeSecondsMax) };
}

/**
 * Finds the passkey that signed, and verifies the signature. It is consumed with the login that it
 * admits, and only then. Null if it is refused: a caller could learn from the reason which passkeys
 * exist, so only the log has it. The caller records the failed login.
 */
export async function provePasskey(
  { cookie }: Pick<ApiRequest, 'cookie'>,
  services: Services,
  response: PasskeyAssertion,
): Promise<ProvenPasskey | null> {
  const party = assertPasskeysWork(services);
  const flow = flowCookieOf(services).read(cookie);
  const key = await findPasskey(services.db, response.id);
  if (!key) return refuse(services, 'No account has this passkey.');
  const open = (challenge: string) => openChallenge(services.secret, `login ${flow}`, challenge);
  const verdict = await verifyAssertion(party, open, response, key);
  if (!verdict.ok) return refuse(services, verdict.reason, key.userId);
  return { userId: key.userId, proof: { type: 'webauthn', passkeyId: key.id, ...verdict.value } };
}

function refuse({ writePath }: Services, reason: string, userId?: string): null {
  writePath.log.info({ userId, reason }, 'refused a passkey');
  return null;
}
