import { Refused } from './refused.ts';
import { elementsIn, namespaces, type XmlElement } from './xml.ts';

const canonicalizations = ['http://www.w3.org/2001/10/xml-exc-c14n#', 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'];

/** The algorithms of signatures that the library can verify, without SHA-1 and without comments. */
const signatureAlgorithms: Readonly<Record<string, readonly string[]>> = {
  CanonicalizationMethod: canonicalizations,
  Transform: [...canonicalizations, 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'],
  SignatureMethod: [
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
    'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  ],
  DigestMethod: ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512'],
};
const transformsMax = 2;

const keyTransport = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';
const authenticatedCiphers = ['http://www.w3.org/2009/xmlenc11#aes128-gcm', 'http://www.w3.org/2009/xmlenc11#aes256-gcm'];
const unauthenticatedCiphers = ['http://www.w3.org/2001/04/xmlenc#aes128-cbc', 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'];

/** @throws Refused */
export function checkSignatureAlgorithms(signature: XmlElement): void {
  const elements = [...elementsIn(signature)];
  for (const [name, allowed] of Object.entries(signatureAlgorithms)) {
    const found = elements.filter((element) => element.name === name).map(({ attributes }) => attributes.get('Algorithm') ?? '');
    if (found.length === 0 && name !== 'Transform') throw new Refused(`a signature has no ${name}`);
    const [refused] = found.filter((algorithm) => !allowed.includes(algorithm));
    if (refused !== undefined) throw new Refused(`a signature has the ${name} ${refused.slice(0, 100)}`);
    if (found.length > (name === 'Transform' ? transformsMax : 1)) throw new Refused(`a signature has too many elements ${name}`);
  }
}

/**
 * Whether the assertion may be decrypted only if the response's signature is valid. Attackers can
 * decrypt CBC if they see which of their changed responses fail to decrypt.
 * @throws Refused
 */
export function needsSignedResponse(encryptedAssertion: XmlElement): boolean {
  const cipher = algorithmOf(encryptedAssertion, 'EncryptedData');
  if (algorithmOf(encryptedAssertion, 'EncryptedKey') !== keyTransport)
    throw new Refused('the key of the assertion is not encrypted by RSA-OAEP');
  const values = [...elementsIn(encryptedAssertion)].filter(({ name }) => name === 'CipherValue');
  if (values.length !== 2) throw new Refused('the encrypted assertion does not have exactly two elements CipherValue');
  if (authenticatedCiphers.includes(cipher)) return false;
  if (unauthenticatedCiphers.includes(cipher)) return true;
  throw new Refused(`the assertion is encrypted by ${cipher.slice(0, 100)}`);
}

function algorithmOf(encryptedAssertion: XmlElement, name: string): string {
  const [found, ...others] = [...elementsIn(encryptedAssertion)].filter((element) => element.name === name);
  const methods = found?.children.filter((child) => child.name === 'EncryptionMethod' && child.namespace === namespaces.encryption) ?? [];
  const algorithm = methods[0]?.attributes.get('Algorithm');
  if (others.length > 0 || methods.length !== 1 || !algorithm)
    throw new Refused(`the encrypted assertion does not have exactly one ${name}`);
  return algorithm;
}
