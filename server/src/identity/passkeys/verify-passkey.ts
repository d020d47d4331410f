import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { fieldLimits } from '../../runtime/limits/rows/fields.ts';
import type { OpenedChallenge } from './challenges.ts';
import type { RelyingParty } from './relying-party.ts';

/**
 * The checks of WebAuthn sections 7.1 and 7.2. The library is loaded with the first passkey: it
 * also contains the formats of attestations, which this server doesn't request.
 */

/** EdDSA, ES256 and RS256, which older versions of Windows need (RFC 8152, RFC 8812). */
export const signatureAlgorithms = [-8, -7, -257] as const;

/** The result of `navigator.credentials.get`, as JSON. */
export type PasskeyAssertion = AuthenticationResponseJSON;
/** The result of `navigator.credentials.create`, as JSON. */
export type PasskeyRegistration = RegistrationResponseJSON;

/** Opens the challenge in a response. Returns null if it is not one of this server. */
type OpenChallenge = (challenge: string) => OpenedChallenge | null;

export type Verdict<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** A passkey as it is stored. Binary values are in base64url. */
export interface PasskeyKey {
  readonly credentialId: string;
  readonly publicKey: string;
  readonly counter: number;
  readonly userHandle: string;
}

export interface NewPasskey extends PasskeyKey {
  readonly transports: readonly string[];
  readonly challenge: OpenedChallenge;
}

/**
 * Verifies that an authenticator has created a passkey for this challenge, and has verified its
 * user.
 */
export function verifyRegistration(party: RelyingParty, open: OpenChallenge, response: PasskeyRegistration): Promise<Verdict<NewPasskey>> {
  return verdictOf(async () => {
    const challenge = openChallengeOf(open, response.response.clientDataJSON);
    const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
    const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
    const attestation = decodeAttestationObject(Buffer.from(response.response.attestationObject, 'base64url'));
    // Certificates name servers that the library would call to find out if they were revoked.
    const format = attestation.get('fmt');
    const isPlain = format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined);
    if (!isPlain) throw new Error(`The response has an attestation of the format ${format}, which was not requested.`);
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: () => true,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...signatureAlgorithms],
    });
    if (!verified) throw new Error('The signature is wrong.');
    const { id, publicKey, counter } = registrationInfo.credential;
    if (!isCredentialId(id)) throw new Error('The credential id is too long.');
    const transports = (response.response.transports ?? []).slice(0, transportsMax);
    return {
      ...{ credentialId: id, publicKey: Buffer.from(publicKey).toString('base64url'), counter },
      ...{ userHandle: challenge.userHandle, transports, challenge },
    };
  });
}

/** WebAuthn knows seven. */
const transportsMax = 10;

/** Whether a credential id, in base64url, is no longer than WebAuthn allows. */
export function isCredentialId(id: string): boolean {
  return Buffer.byteLength(id, 'base64url') <= fieldLimits.credentialIdBytes.value;
}

/** A use of a passkey, which is recorded with what it admits. */
export interface PasskeyUse {
  readonly counter: number;
  readonly challenge: OpenedChallenge;
}

/**
 * Verifies that the authenticator of a passkey has signed this challenge, and has verified its
 * user. The response must contain the id of the user, because the request lists no passkeys
 * (WebAuthn section 7.2). A counter that has not grown is refused: another device with the same key
 * may have signed in between.
 */
export function verifyAssertion(
  party: RelyingParty,
  open: OpenChallenge,
  response: PasskeyAssertion,
  key: PasskeyKey,
): Promise<Verdict<PasskeyUse>> {
  return verdictOf(async () => {
    const challenge = openChallengeOf(open, response.response.clientDataJSON);
    const { userHandle } = response.response;
    if (userHandle !== key.userHandle) throw new Error('The response has no id of a user, or that of another user.');
    const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: () => true,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: { id: key.credentialId, publicKey: new Uint8Array(Buffer.from(key.publicKey, 'base64url')), counter: key.counter },
    });
    if (!verified) throw new Error('The signature is wrong.');
    return { counter: authenticationInfo.newCounter, challenge };
  });
}

/**
 * The challenge in the data that the authenticator signed.
 * @throws Error if it is not one of this server
 */
function openChallengeOf(open: OpenChallenge, clientDataJSON: string): OpenedChallenge {
  const { challenge, crossOrigin } = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) ?? {};
  // The pages can't be framed, so a frame of another site is none of them.
  if (crossOrigin === true) throw new Error('The passkey was used in a frame of another site.');
  const opened = typeof challenge === 'string' ? open(challenge) : null;
  if (!opened) throw new Error('The challenge has expired, or is not for this browser.');
  return opened;
}

/** The library throws for each wrong response, including what it can't parse. */
async function verdictOf<T>(verify: () => Promise<T>): Promise<Verdict<T>> {
  try {
    return { ok: true, value: await verify() };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
