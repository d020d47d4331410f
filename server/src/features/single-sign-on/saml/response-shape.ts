import { Refused } from './refused.ts';
import { childrenNamed, elementsIn, isNamed, namespaces, type XmlElement } from './xml.ts';

const { assertion: saml, protocol: samlp, signature: ds } = namespaces;

/**
 * The only assertion of a response, encrypted or not. The library searches by local name, so
 * elements of other namespaces count too.
 * @throws Refused
 */
export function findAssertion(response: XmlElement): XmlElement {
  const [found, ...others] = [...elementsIn(response)].filter(({ name }) => name === 'Assertion' || name === 'EncryptedAssertion');
  if (!found || others.length > 0) throw new Refused('the response does not have exactly one assertion');
  if (found.namespace !== saml || !response.children.includes(found)) throw new Refused('the assertion is not a child of the response');
  return found;
}

/** @throws Refused unless the element is a SAML 2.0 response */
export function checkResponse(root: XmlElement): void {
  if (!isNamed(root, samlp, 'Response')) throw new Refused('the document is not a SAML response');
  if (root.attributes.get('Version') !== '2.0') throw new Refused('the response is not SAML 2.0');
}

/** @throws Refused unless the element is a SAML 2.0 assertion with no other inside */
export function checkAssertion(root: XmlElement): void {
  const assertions = [...elementsIn(root)].filter(({ name }) => name === 'Assertion' || name === 'EncryptedAssertion');
  if (!isNamed(root, saml, 'Assertion') || assertions.length !== 1) throw new Refused('the signed part is not exactly one assertion');
  if (root.attributes.get('Version') !== '2.0') throw new Refused('the assertion is not SAML 2.0');
}

/**
 * Refuses documents in which a signature could cover another element than the one that is read: IDs
 * that occur twice, and signatures that are not a child of what they sign.
 * @param signable the elements that may have a signature
 * @returns the signatures
 */
export function checkSignatures(root: XmlElement, signable: readonly XmlElement[]): XmlElement[] {
  const elements = [...elementsIn(root)];
  checkIds(elements);
  if (elements.some((element) => isNamed(element, ds, 'Object'))) throw new Refused('a signature has an Object');
  const signatures = signable.flatMap((element) => {
    const own = childrenNamed(element, ds, 'Signature');
    if (own.length > 1) throw new Refused('an element has several signatures');
    for (const signature of own) checkReference(signature, element);
    return own;
  });
  if (elements.filter(({ name }) => name === 'Signature').length !== signatures.length)
    throw new Refused('a signature is not a child of the response or the assertion');
  return signatures;
}

/** The library finds `ID`, `Id` and `id`, in any case, so all of them share one set of values. */
function checkIds(elements: readonly XmlElement[]): void {
  const ids = elements.flatMap(({ attributes }) =>
    [...attributes].filter(([name]) => /^((?!xmlns:)[^:]*:)?id$/i.test(name)).map(([, value]) => value),
  );
  if (new Set(ids).size !== ids.length) throw new Refused('an ID occurs twice');
  if (ids.some((id) => !/^[A-Za-z_][\w.-]{0,255}$/.test(id))) throw new Refused('an ID is not a valid XML name');
}

function checkReference(signature: XmlElement, signed: XmlElement): void {
  const { reference } = readSignature(signature);
  if (reference.attributes.get('URI') !== `#${signed.attributes.get('ID')}`) throw new Refused('a signature is of another element');
}

/** @throws Refused unless the signature has one of each part */
export function readSignature(signature: XmlElement) {
  const info = onlyNamed(signature, 'SignedInfo');
  const reference = onlyNamed(info, 'Reference');
  const value = onlyNamed(signature, 'SignatureValue');
  onlyNamed(reference, 'DigestValue');
  return { info, reference, value };
}

/** The only element with this local name anywhere inside, which must be a child. */
function onlyNamed(parent: XmlElement, name: string): XmlElement {
  const [found, ...others] = [...elementsIn(parent)].filter((element) => element.name === name);
  if (!found || others.length > 0 || found.namespace !== ds || !parent.children.includes(found)) {
    throw new Refused(`a signature does not have exactly one ${name}`);
  }
  return found;
}
