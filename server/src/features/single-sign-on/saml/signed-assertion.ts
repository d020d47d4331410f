import { promisify } from 'node:util';
import { clockSkewMs } from '../flows/clock-skew.ts';
import { Refused } from './refused.ts';
import { checkSignatureAlgorithms, needsSignedResponse } from './response-algorithms.ts';
import { checkAssertion, checkSignatures } from './response-shape.ts';
import { checkText } from './response-text.ts';
import { findSigners } from './signers.ts';
import { parseXml, type XmlElement } from './xml.ts';
import { checkSize, excerptsOf, responseLimits } from './xml-tokens.ts';

const assertionAgeMaxMs = 10 * 60_000;

export interface SignatureOptions {
  readonly acsUrl: string;
  readonly entityId: string;
  readonly ssoUrl: string;
  readonly requestId: string;
  readonly certificates: readonly string[];
  /** PKCS #8, PEM. */
  readonly spKey: string;
  readonly wantsSignedAssertion: boolean;
  readonly wantsSignedResponse: boolean;
}

/**
 * The bytes of the assertion that a certificate of the provider has signed. Only they may be read:
 * the library's `profile` mixes attributes with its own fields.
 * @throws Refused
 */
export async function verifySignature(base64: string, options: SignatureOptions): Promise<string> {
  // Imported when it is needed, because the library would add 65 ms and 15 MB to each start.
  const { SAML, ValidateInResponseTo } = await import('@node-saml/node-saml');
  const library = new SAML({
    callbackUrl: options.acsUrl,
    issuer: options.entityId,
    entryPoint: options.ssoUrl,
    idpCert: [...options.certificates],
    decryptionPvk: options.spKey,
    wantAssertionsSigned: options.wantsSignedAssertion,
    wantAuthnResponseSigned: options.wantsSignedResponse,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    acceptedClockSkewMs: clockSkewMs,
    maxAssertionAgeMs: assertionAgeMaxMs,
    validateInResponseTo: ValidateInResponseTo.always,
    // The flow remembers the request. Reading it removes nothing: the flow is consumed later.
    cacheProvider: {
      saveAsync: async () => null,
      getAsync: async (id) => (id === options.requestId ? new Date().toISOString() : null),
      removeAsync: async () => null,
    },
  });
  const { profile } = await library.validatePostResponseAsync({ SAMLResponse: base64 });
  if (!profile?.getAssertionXml) throw new Refused('the response has no assertion');
  return profile.getAssertionXml();
}

/**
 * Applies the checks of a response to the content of an encrypted assertion. If the assertion needs
 * a signed response, run `verifySignature` first.
 * @returns the certificates whose keys have signed the content
 * @throws Refused
 */
export async function checkDecrypted(
  encryptedAssertion: XmlElement,
  spKey: string,
  certificates: readonly string[],
): Promise<readonly string[]> {
  const text = await decryptAssertion(encryptedAssertion.toXml(), spKey);
  const assertion = parseXml(text);
  checkAssertion(assertion);
  for (const signature of checkSignatures(assertion, [assertion])) checkSignatureAlgorithms(signature);
  return (await findSigners(text, certificates))?.certificates ?? [];
}

/** The one reason for all errors of decryption, and for a missing signature. */
export const undecryptable = 'the assertion cannot be decrypted, or is not signed as configured';

/** An encrypted assertion has some twenty elements. */
const encryptedLimits = { elementsMax: 100, attributesMax: 300 };

/**
 * The encrypted assertion of a response without a signature around it. The rest of the response
 * isn't parsed. Null if there is none.
 * @param text of the response
 * @throws Refused, XmlError
 */
export function readEncryptedAssertion(text: string): XmlElement | null {
  const [found, ...others] = excerptsOf(text, ['EncryptedAssertion'], 2);
  if (!found) return null;
  if (others.length > 0) throw new Refused('the response does not have exactly one assertion');
  let assertion = parseXml(found.xml, encryptedLimits);
  for (let depth = 0; depth < found.depth; depth++) assertion = assertion.children[0]!;
  if (needsSignedResponse(assertion)) throw new Refused(undecryptable);
  return assertion;
}

/** The signers of the content of an encrypted assertion. Null if it has no signature. */
export async function findContentSigners(encryptedAssertion: XmlElement, spKey: string, certificates: readonly string[]) {
  return findSigners(await decryptAssertion(encryptedAssertion.toXml(), spKey), certificates);
}

async function decryptAssertion(xml: string, spKey: string): Promise<string> {
  // Imported when it is needed, for the same reason: the SAML library imports it.
  const { decrypt } = await import('xml-encryption');
  const text = await promisify(decrypt)(xml, { key: spKey });
  checkText(text);
  checkSize(text, responseLimits);
  return text;
}
