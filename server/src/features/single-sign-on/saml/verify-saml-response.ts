import type { SamlConfig } from '@rollcall/protocol';
import { ExpiringMap } from '../../../runtime/collections/expiring-map.ts';
import { type ConfiguredProvider, providerSecrets } from '../database/auth-provider-configs.ts';
import type { AssertedIdentity, RefusedResponse, VerifiedResponse } from '../domain/asserted-identity.ts';
import { readAssertion } from './assertion.ts';
import { Refused } from './refused.ts';
import { checkAddressee } from './response-addressee.ts';
import { checkSignatureAlgorithms, needsSignedResponse } from './response-algorithms.ts';
import { checkAssertion, checkResponse, checkSignatures, findAssertion } from './response-shape.ts';
import { checkText, decodeResponse } from './response-text.ts';
import { checkDecrypted, findContentSigners, readEncryptedAssertion, undecryptable, verifySignature } from './signed-assertion.ts';
import { findSigners, type Signers } from './signers.ts';
import { parseXml, XmlError } from './xml.ts';
import { checkSize, responseLimits } from './xml-tokens.ts';

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
 * @param used the signatures of former responses. The library may need half a second to find that a
 * signature is of another document, so it is asked once for each.
 */
export async function verifySamlResponse(
  provider: ConfiguredProvider,
  base64: string,
  expected: ExpectedResponse,
  used = new ExpiringMap<true>(),
): Promise<VerifiedResponse> {
  return catchRefusals(async () => ({ identity: await verify(provider, base64, expected, used) }));
}

async function catchRefusals<T>(run: () => Promise<T>): Promise<T | RefusedResponse> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Forged) return { refused: error.message, isForged: true };
    if (error instanceof Refused || error instanceof XmlError) return { refused: error.message };
    throw error;
  }
}

async function verify(
  provider: ConfiguredProvider,
  base64: string,
  expected: ExpectedResponse,
  used: ExpiringMap<true>,
): Promise<AssertedIdentity> {
  const config = samlConfigOf(provider);
  const { certificates: signers, signatures } = await findResponseSigners(provider, base64);
  takeSignatures(used, provider.orgId, signatures);
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
    wantsSignedAssertion: config.signed !== 'response',
    wantsSignedResponse: config.signed !== 'assertion' || config.encrypt || isCbc,
  };
  const verifyWith = async (spKey: string) => {
    const checkContent = () => refuseErrors(isEncrypted, () => checkDecrypted(assertion, spKey, config.x509certs));
    // Anyone can encrypt a document for which the library needs seconds.
    const contentSigners = isEncrypted && !isCbc ? await checkContent() : [];
    // The signer of the content of CBC is not known before the response is verified.
    const certificates = isCbc ? config.x509certs : [...new Set([...signers, ...contentSigners])];
    const signedXml = await refuseErrors(isEncrypted, () => verifySignature(base64, { ...options, certificates, spKey }));
    if (isCbc) await checkContent();
    return signedXml;
  };
  const signedXml = await withEachKey(provider, isEncrypted, verifyWith);
  checkText(signedXml);
  const signed = parseXml(signedXml);
  checkAssertion(signed);
  return readAssertion(signed, { ...expected, config });
}

/** An assertion is accepted for at most ten minutes. A provider signs each with a random id. */
const usedSignaturesMs = 10 * 60_000;

/** @throws Forged for a signature of a former response, which anyone can have who saw that one */
function takeSignatures(used: ExpiringMap<true>, orgId: string, signatures: readonly string[]): void {
  const keys = signatures.map((signature) => `${orgId} ${signature}`);
  if (keys.some((key) => used.get(key))) throw new Forged('the signature is that of a former response');
  for (const key of keys) used.set(key, true, usedSignaturesMs);
}

/** The provider may encrypt for either key. */
async function withEachKey<T>(provider: ConfiguredProvider, isEncrypted: boolean, run: (spKey: string) => Promise<T>): Promise<T> {
  const nextKey = isEncrypted ? provider.secrets.get(providerSecrets.nextSpKey) : undefined;
  return run(spKeyOf(provider)).catch((error: unknown) => {
    if (nextKey === undefined || !(error instanceof Refused)) throw error;
    return run(nextKey);
  });
}

/**
 * The certificates whose keys have signed the response or its assertion, which is decrypted for
 * that if nothing outside of it is signed. Nothing else of a response is parsed before.
 * @throws Refused, XmlError
 */
async function findResponseSigners(provider: ConfiguredProvider, base64: string): Promise<Signers> {
  const { x509certs } = samlConfigOf(provider);
  const { signers, encrypted } = await findOuterSigners(provider, base64);
  if (!encrypted) return signers;
  const find = (spKey: string) => refuseErrors(true, () => findContentSigners(encrypted, spKey, x509certs));
  return refuseUnsigned(await withEachKey(provider, true, find), undecryptable);
}

/**
 * The certificates whose keys have signed what is not encrypted, or the encrypted assertion that
 * may have a signature inside.
 */
async function findOuterSigners(provider: ConfiguredProvider, base64: string) {
  const text = decodeResponse(base64);
  checkSize(text, responseLimits);
  const signers = await findSigners(text, samlConfigOf(provider).x509certs);
  const encrypted = signers === null ? readEncryptedAssertion(text) : null;
  return encrypted ? { signers: unsigned, encrypted } : { signers: refuseUnsigned(signers, invalidSignature), encrypted: null };
}

const unsigned: Signers = { certificates: [], signatures: [] };

function refuseUnsigned(signers: Signers | null, reason: string): Signers {
  if (!signers || signers.certificates.length === 0) throw new Forged(reason);
  return signers;
}

/** No key of the provider has signed the response. */
class Forged extends Refused {}

/**
 * Refuses what can be refused within milliseconds, before a response is verified elsewhere. Null if
 * it has a signature by the provider, or an encrypted assertion without one around it.
 */
export async function refuseForged(provider: ConfiguredProvider, base64: string): Promise<RefusedResponse | null> {
  return catchRefusals(async () => {
    await findOuterSigners(provider, base64);
    return null;
  });
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
const invalidSignature = `Invalid signature. ${signatureRemedy}`;

/**
 * Turns each error of the library into a refusal. Decryption has one reason for all errors, so that
 * the result of a test reveals nothing about an encrypted key.
 */
async function refuseErrors<T>(isEncrypted: boolean, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isEncrypted) throw new Refused(undecryptable);
    const message = error instanceof Error ? error.message.slice(0, 200) : 'the library refused the response';
    throw new Refused(message === 'Invalid signature' ? invalidSignature : message);
  }
}
