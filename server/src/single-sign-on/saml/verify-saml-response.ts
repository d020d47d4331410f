import type { SamlConfig } from '@rollcall/protocol';
import { type ConfiguredProvider, providerSecrets } from '../../database/security/auth-provider-configs.ts';
import type { AssertedIdentity, VerifiedResponse } from '../../domain/single-sign-on/asserted-identity.ts';
import { readAssertion } from './assertion.ts';
import { Refused } from './refused.ts';
import { checkAddressee } from './response-addressee.ts';
import { checkSignatureAlgorithms, needsSignedResponse } from './response-algorithms.ts';
import { checkAssertion, checkResponse, checkSignatures, findAssertion } from './response-shape.ts';
import { checkText, decodeResponse } from './response-text.ts';
import { checkDecrypted, verifySignature } from './signed-assertion.ts';
import { parseXml, XmlError } from './xml.ts';

export interface ExpectedResponse {
  /** The URL to which the response was posted. */
  readonly acsUrl: string;
  /** This service's own name, as the provider knows it. */
  readonly entityId: string;
  /** The ID of the request that the flow has sent. */
  readonly requestId: string;
  readonly now: Date;
}

/**
 * The ID of the request that a response names. Null if it names none. It only finds the flow, with
 * which the whole response is then verified, so the start tag is enough.
 */
export function readRequestId(base64: string): { readonly requestId: string | null } | { readonly refused: string } {
  try {
    const [, attributes] = /^[^<]*(?:<\?[^>]*>[^<]*)?<(?:[\w.-]+:)?Response\s([^<>]*)>/.exec(decodeResponse(base64)) ?? [];
    if (attributes === undefined) throw new Refused('the document is not a SAML response');
    return { requestId: /(?:^|\s)InResponseTo\s*=\s*(["'])([^"']*)\1/.exec(attributes)?.[2] ?? null };
  } catch (error) {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  }
}

/**
 * The identity that a posted SAML response asserts. The library verifies signatures and little
 * else. So the whole document is checked before it, and the signed assertion after it.
 */
export async function verifySamlResponse(
  provider: ConfiguredProvider,
  base64: string,
  expected: ExpectedResponse,
): Promise<VerifiedResponse> {
  try {
    return { identity: await verify(provider, base64, expected) };
  } catch (error) {
    if (error instanceof Refused || error instanceof XmlError) return { refused: error.message };
    throw error;
  }
}

async function verify(provider: ConfiguredProvider, base64: string, expected: ExpectedResponse): Promise<AssertedIdentity> {
  const config = samlConfigOf(provider);
  const response = parseXml(decodeResponse(base64));
  checkResponse(response);
  checkAddressee(response, { ...expected, issuer: config.entity_id });
  const assertion = findAssertion(response);
  for (const signature of checkSignatures(response, [response, assertion])) checkSignatureAlgorithms(signature);
  const isEncrypted = assertion.name === 'EncryptedAssertion';
  const isCbc = isEncrypted && needsSignedResponse(assertion);
  if (config.encrypt && !isEncrypted) throw new Refused('the assertion is not encrypted');
  const options = {
    ...expected,
    ssoUrl: config.sso_url,
    certificates: config.x509certs,
    wantsSignedAssertion: config.signed !== 'response',
    wantsSignedResponse: config.signed !== 'assertion' || config.encrypt || isCbc,
  };
  const verifyWith = async (spKey: string) => {
    const checkContent = () => refuseErrors(isEncrypted, () => checkDecrypted(assertion, spKey));
    // Anyone can encrypt a document for which the library needs seconds.
    if (isEncrypted && !isCbc) await checkContent();
    const signedXml = await refuseErrors(isEncrypted, () => verifySignature(base64, { ...options, spKey }));
    if (isCbc) await checkContent();
    return signedXml;
  };
  const nextKey = isEncrypted ? provider.secrets.get(providerSecrets.nextSpKey) : undefined;
  const signedXml = await verifyWith(spKeyOf(provider)).catch((error: unknown) => {
    // The provider may encrypt for either key.
    if (nextKey === undefined || !(error instanceof Refused)) throw error;
    return verifyWith(nextKey);
  });
  checkText(signedXml);
  const signed = parseXml(signedXml);
  checkAssertion(signed);
  return readAssertion(signed, { ...expected, config });
}

export function samlConfigOf({ config }: ConfiguredProvider): SamlConfig {
  if (config.protocol !== 'saml') throw new Error('The provider does not use SAML.');
  return config;
}

export function spKeyOf({ secrets }: ConfiguredProvider): string {
  const key = secrets.get(providerSecrets.spKey);
  if (key === undefined) throw new Error('This server has no key pair for the identity provider.');
  return key;
}

const signatureRemedy =
  'Reload the metadata, which may have another certificate, and check at the provider that it signs what is required here.';

/**
 * Turns each error of the library into a refusal. Decryption has one reason for all errors, so that
 * the result of a test reveals nothing about an encrypted key.
 */
async function refuseErrors<T>(isEncrypted: boolean, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isEncrypted) throw new Refused('the assertion cannot be decrypted, or is not signed as configured');
    const message = error instanceof Error ? error.message.slice(0, 200) : 'the library refused the response';
    throw new Refused(message === 'Invalid signature' ? `${message}. ${signatureRemedy}` : message);
  }
}
