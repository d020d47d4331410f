import { constants, createVerify, type KeyObject } from 'node:crypto';
import { signatureKeyOf } from '../flows/idp-certificates.ts';
import { Refused } from './refused.ts';
import { checkSignatureAlgorithms } from './response-algorithms.ts';
import { readSignature } from './response-shape.ts';
import { elementsIn, isNamed, namespaces, parseElement, readElement, type XmlElement } from './xml.ts';
import { type Excerpt, excerptsOf } from './xml-tokens.ts';

/**
 * Finds out who has signed a document, before anything is parsed but its signatures. A document
 * that no key of the provider has signed costs less than a millisecond for each certificate.
 */

/** The response and the assertion. */
const signaturesMax = 2;
/** A signature has ten elements, and the certificates of its signer. */
const signatureLimits = { elementsMax: 50, attributesMax: 150 };
const signatureCharsMax = 32 * 1024;
/** SignedInfo has spaces between its elements, and one digest. */
const infoTextCharsMax = 2 * 1024;

const pssPadding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const verifiers: Readonly<Record<string, { readonly hash: string; readonly padding?: typeof pssPadding }>> = {
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': { hash: 'RSA-SHA256' },
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': { hash: 'RSA-SHA512' },
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1': { hash: 'RSA-SHA256', padding: pssPadding },
};

export interface Signers {
  /** The certificates whose keys have made a signature of the document. */
  readonly certificates: readonly string[];
  /** The values of these signatures, each in one spelling. */
  readonly signatures: readonly string[];
}

/**
 * The signers of a document, whether or not they have signed what it contains now. Null for a
 * document without signatures.
 * @param text whose size was checked
 * @throws Refused, XmlError
 */
export async function findSigners(text: string, certificates: readonly string[]): Promise<Signers | null> {
  const excerpts = excerptsOf(text, ['Signature'], signaturesMax + 1);
  if (excerpts.length === 0) return null;
  if (excerpts.length > signaturesMax) throw new Refused('the response has too many signatures');
  const keys = certificates.flatMap((certificate) => {
    const key = signatureKeyOf(certificate);
    return key ? [[certificate, key] as const] : [];
  });
  const signers = new Set<string>();
  const signatures = new Set<string>();
  for (const excerpt of excerpts) {
    const signed = await readSigned(excerpt, excerpts[0]!);
    for (const [certificate, key] of keys) if (signed === null || isSignedBy(signed, key)) signers.add(certificate);
    if (signed !== null && signers.size > 0) signatures.add(Buffer.from(signed.value, 'base64').toString('base64'));
  }
  return { certificates: [...signers], signatures: [...signatures] };
}

/** The bytes under a signature, and the signature. */
interface Signed {
  readonly bytes: string;
  readonly value: string;
  readonly verifier: (typeof verifiers)[string];
}

/**
 * Canonicalizes SignedInfo as the library does, which takes the inherited namespaces from the first
 * signature of a document. Null for an algorithm that only the library knows.
 */
async function readSigned(excerpt: Excerpt, first: Excerpt): Promise<Signed | null> {
  const signature = innermost(parseExcerpt(excerpt), excerpt.depth);
  const element = readElement(signature);
  if (!isNamed(element, namespaces.signature, 'Signature')) throw new Refused('a signature is not an XML signature');
  const { info, value } = readSignature(element);
  // Canonicalization takes a microsecond for each character that it escapes.
  const textChars = [...elementsIn(info)].reduce((sum, { text }) => sum + text.length, 0);
  if (textChars > infoTextCharsMax) throw new Refused('a signature is too large');
  checkSignatureAlgorithms(element);
  const verifier = verifiers[algorithmOf(info, 'SignatureMethod')];
  return verifier ? { bytes: await canonicalize(signature, parseExcerpt(first)), value: value.text, verifier } : null;
}

async function canonicalize(signature: Element, first: Element): Promise<string> {
  // Imported when it is needed, as the SAML library, which imports it.
  const { SignedXml } = await import('xml-crypto');
  const library = new SignedXml();
  try {
    library.loadSignature(signature);
    return (library as unknown as Canonicalizing).getCanonSignedInfoXml(first.ownerDocument);
  } catch {
    throw new Refused('a signature is not well-formed');
  }
}

/** A method that the types of the library hide. A second canonicalization could differ. */
interface Canonicalizing {
  getCanonSignedInfoXml(document: Document): string;
}

function parseExcerpt({ xml }: Excerpt): Element {
  if (xml.length > signatureCharsMax) throw new Refused('a signature is too large');
  return parseElement(xml, signatureLimits);
}

function innermost(root: Element, depth: number): Element {
  return depth === 0 ? root : innermost(root.firstChild as Element, depth - 1);
}

function algorithmOf(info: XmlElement, name: string): string {
  return info.children.find((child) => child.name === name)?.attributes.get('Algorithm') ?? '';
}

function isSignedBy({ bytes, value, verifier: { hash, padding } }: Signed, key: KeyObject): boolean {
  try {
    return createVerify(hash)
      .update(bytes)
      .verify({ key, ...padding }, value.replace(/\s/g, ''), 'base64');
  } catch {
    // The key is for other signatures of RSA.
    return false;
  }
}
