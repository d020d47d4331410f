import { promisify } from 'node:util';
import { clockSkewMs } from '../clock-skew.ts';
import { Refused } from './refused.ts';
import { checkSignatureAlgorithms } from './response-algorithms.ts';
import { checkAssertion, checkSignatures } from './response-shape.ts';
import { checkText } from './response-text.ts';
import { parseXml, type XmlElement } from './xml.ts';

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
 * @throws Refused
 */
export async function checkDecrypted(encryptedAssertion: XmlElement, spKey: string): Promise<void> {
  // Imported when it is needed, for the same reason: the SAML library imports it.
  const { decrypt } = await import('xml-encryption');
  const text = await promisify(decrypt)(encryptedAssertion.toXml(), { key: spKey });
  checkText(text);
  const assertion = parseXml(text);
  checkAssertion(assertion);
  for (const signature of checkSignatures(assertion, [assertion])) checkSignatureAlgorithms(signature);
}
