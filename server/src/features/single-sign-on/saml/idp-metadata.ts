import { type IdpCertificate, modulusBits, parseCertificate } from '../flows/idp-certificates.ts';
import { signOnLimits } from '../limits.ts';
import { childrenNamed, elementsIn, isNamed, namespaces, parseXml, type XmlElement, XmlError } from './xml.ts';

/** The part of an identity provider's metadata that SAML logins need. */
export interface IdpMetadata {
  readonly entityId: string;
  readonly ssoUrl: string;
  readonly ssoBinding: string;
  /** One to four. */
  readonly certificates: readonly IdpCertificate[];
  readonly nameIdFormats: readonly string[];
  readonly wantsSignedRequests: boolean;
  /** Sentences for the person who imports the metadata. */
  readonly warnings: readonly string[];
}

/** The metadata can't be used. The message is for the person who imports it. */
export class IdpMetadataError extends Error {}

const kibibyte = 1024;
const limits = { elementsMax: 5_000, attributesMax: 15_000 };
const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const postBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const { metadata: md, signature: ds } = namespaces;

/**
 * Reads the signing keys and the login URL of an identity provider from its metadata. The
 * metadata's own signature is not verified.
 * @param entityId chooses one of several identity providers
 * @param storedEntityId the one that is chosen of several if no other is
 * @throws IdpMetadataError
 */
export function parseIdpMetadata(xml: string, entityId?: string, storedEntityId?: string): IdpMetadata {
  if (Buffer.byteLength(xml) > signOnLimits.metadataBytes.value) {
    throw new IdpMetadataError(
      `The metadata is larger than ${signOnLimits.metadataBytes.value / kibibyte} KiB. Enter that of your provider only.`,
    );
  }
  if (/<!(DOCTYPE|ENTITY)/i.test(xml))
    throw new IdpMetadataError('The metadata must not have a document type or entities. A web page is not metadata.');
  const entity = chooseEntity(readRoot(xml), entityId, storedEntityId);
  const role = rolesOf(entity)[0]!;
  const warnings: string[] = [];
  const validUntil = Date.parse(entity.attributes.get('validUntil') ?? '');
  if (validUntil < Date.now()) warnings.push('The metadata has expired. Ask the identity provider for a current one.');
  return {
    entityId: readEntityId(entity),
    ...chooseEndpoint(role, warnings),
    certificates: readCertificates(role, warnings),
    nameIdFormats: childrenNamed(role, md, 'NameIDFormat').map(({ text }) => text.trim()),
    wantsSignedRequests: ['true', '1'].includes(role.attributes.get('WantAuthnRequestsSigned') ?? ''),
    warnings,
  };
}

function readRoot(xml: string): XmlElement {
  try {
    return parseXml(xml.trim().replace(/^\uFEFF/, ''), limits);
  } catch (error) {
    if (error instanceof XmlError) throw new IdpMetadataError('The metadata is not well-formed XML. Enter all of it, unchanged.');
    throw error;
  }
}

function chooseEntity(root: XmlElement, entityId: string | undefined, storedEntityId: string | undefined): XmlElement {
  const entities = [...elementsIn(root)].filter((element) => isNamed(element, md, 'EntityDescriptor') && rolesOf(element).length > 0);
  if (entities.length === 0)
    throw new IdpMetadataError(
      'The metadata describes no SAML 2.0 identity provider. Enter that of the provider, not that of this server.',
    );
  if (entityId === undefined) {
    const stored = entities.filter((entity) => readEntityId(entity) === storedEntityId);
    if (stored.length === 1) return stored[0]!;
    if (entities.length > 1) throw new IdpMetadataError('The metadata describes several identity providers. Choose one by its entity ID.');
    return entities[0]!;
  }
  const chosen = entities.filter((entity) => readEntityId(entity) === entityId);
  if (chosen.length !== 1) throw new IdpMetadataError('The metadata describes no identity provider with this entity ID, or several.');
  return chosen[0]!;
}

function rolesOf(entity: XmlElement): XmlElement[] {
  return childrenNamed(entity, md, 'IDPSSODescriptor').filter((role) =>
    (role.attributes.get('protocolSupportEnumeration') ?? '').split(/\s+/).includes(namespaces.protocol),
  );
}

function readEntityId(entity: XmlElement): string {
  const entityId = entity.attributes.get('entityID');
  if (!entityId) throw new IdpMetadataError('The identity provider has no entity ID.');
  return entityId;
}

/** The endpoint for requests by redirect, which are the only requests that the server sends. */
function chooseEndpoint(role: XmlElement, warnings: string[]): Pick<IdpMetadata, 'ssoUrl' | 'ssoBinding'> {
  const services = childrenNamed(role, md, 'SingleSignOnService');
  const ofBinding = (binding: string) => services.find(({ attributes }) => attributes.get('Binding') === binding);
  const service = ofBinding(redirectBinding) ?? ofBinding(postBinding);
  const ssoUrl = service?.attributes.get('Location')?.trim();
  if (!ssoUrl || !URL.canParse(ssoUrl) || !/^https?:$/.test(new URL(ssoUrl).protocol)) {
    throw new IdpMetadataError('The identity provider has no URL for logins by redirect.');
  }
  const ssoBinding = service!.attributes.get('Binding')!;
  if (ssoBinding !== redirectBinding) {
    warnings.push('The identity provider announces no endpoint for redirects (HTTP-Redirect), by which requests are sent.');
  }
  return { ssoUrl, ssoBinding };
}

/** A key without `use` signs and encrypts. */
function readCertificates(role: XmlElement, warnings: string[]): IdpCertificate[] {
  const texts = childrenNamed(role, md, 'KeyDescriptor')
    .filter(({ attributes }) => (attributes.get('use') ?? 'signing') === 'signing')
    .flatMap((key) => [...elementsIn(key)].filter((element) => isNamed(element, ds, 'X509Certificate')))
    .map(({ text }) => text.replace(/\s/g, ''))
    .filter((text) => text !== '');
  const certificates = [...new Set(texts)].flatMap((text) => readCertificate(text, warnings));
  if (certificates.length === 0) throw new IdpMetadataError('The identity provider has no certificate for signatures.');
  if (certificates.length > signOnLimits.certificates.value) {
    throw new IdpMetadataError(`The identity provider has more than ${signOnLimits.certificates.value} certificates for signatures.`);
  }
  return certificates;
}

function readCertificate(base64: string, warnings: string[]): IdpCertificate[] {
  const certificate = parseCertificate(Buffer.from(base64, 'base64'));
  if (!certificate) {
    warnings.push(
      `A certificate could not be read, or its RSA key does not have ${modulusBits.min} to ${modulusBits.max} bits. It was left out.`,
    );
    return [];
  }
  if (Date.parse(certificate.notAfter) < Date.now()) {
    warnings.push(`The certificate ${certificate.fingerprint} has expired. Signatures with it are still accepted.`);
  }
  return [certificate];
}
