import type * as z from 'zod';
import { isCredentialId, type PasskeyAssertion, type PasskeyRegistration } from '../../identity/passkeys/verify-passkey.ts';
import { dictionaryField } from './fields.ts';

/**
 * Responses of authenticators, as `PublicKeyCredential.toJSON()` returns them (WebAuthn section
 * 5.1).
 */

/** Covers the response of each kind of authenticator. A key of RSA 4096 has some 550 bytes. */
const base64Max = 8 * 1_024;

const wrong = 'This is not the response of an authenticator.';

/** @param binary the fields of the response in base64url */
function credentialField<T>(what: string, binary: readonly string[]): z.ZodType<T> {
  return dictionaryField({ description: what }, (given, refuse) => {
    const { id, rawId, type, response } = given;
    if (!isBase64(id) || !isCredentialId(id) || rawId !== id || type !== 'public-key' || !isObject(response)) return refuse(wrong) as T;
    const { userHandle, transports = [] } = response;
    const isComplete = binary.every((name) => isBase64(response[name]));
    const isUser = userHandle === undefined || userHandle === null || isBase64(userHandle);
    if (!isComplete || !isUser || !isTransports(transports)) return refuse(wrong) as T;
    const binaries = Object.fromEntries(binary.map((name) => [name, response[name]]));
    const shown = { ...binaries, transports, ...(typeof userHandle === 'string' && { userHandle }) };
    return { id, rawId, type, response: shown, clientExtensionResults: {} } as T;
  });
}

/** The response of `navigator.credentials.create`. */
export function registrationField(): z.ZodType<PasskeyRegistration> {
  return credentialField('The new passkey, as `PublicKeyCredential.toJSON()` returns it.', ['clientDataJSON', 'attestationObject']);
}

/** The response of `navigator.credentials.get`. */
export function assertionField(): z.ZodType<PasskeyAssertion> {
  return credentialField('The signature of a passkey, as `PublicKeyCredential.toJSON()` returns it.', [
    'clientDataJSON',
    'authenticatorData',
    'signature',
  ]);
}

function isBase64(value: unknown): value is string {
  return typeof value === 'string' && value.length <= base64Max && /^[\w-]+$/.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTransports(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= 20 && value.every((one) => typeof one === 'string' && /^[a-z-]{1,32}$/.test(one));
}
