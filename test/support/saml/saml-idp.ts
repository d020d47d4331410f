import { createPublicKey } from 'node:crypto';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { SignedXml } from 'xml-crypto';
import { type EncryptionAlgorithm, encrypt, type KeyEncryptionAlgorithm } from 'xml-encryption';

/**
 * An identity provider that also signs invalid responses. A test changes one part of a valid one,
 * so that each refusal has one cause.
 */
export interface SamlIdp {
  readonly entityId: string;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
}

export async function makeSamlIdp(entityId = 'https://idp.example/saml'): Promise<SamlIdp> {
  const made = await generate([{ name: 'commonName', value: 'idp' }], { keySize: 2048, algorithm: 'sha256' });
  return { entityId, key: made.private, certificate: made.cert };
}

/** The request of a response, and the service that sent it. */
export interface RequestOfResponse {
  readonly acsUrl: string;
  /** The service's entity ID. */
  readonly entityId: string;
  readonly requestId: string;
}

export interface SamlResponseParts {
  readonly responseId: string;
  readonly assertionId: string;
  /** Attributes of the Response besides its ID, version and time. */
  readonly responseAttributes: string;
  readonly responseIssuer: string;
  readonly status: string;
  readonly assertionIssuer: string;
  readonly subject: string;
  readonly conditions: string;
  readonly statements: string;
  /** Elements of the Response before the assertion. */
  readonly extensions: string;
  readonly signs: 'assertion' | 'response' | 'both' | 'none';
  readonly signature: SignatureParts;
  /** Encrypts the assertion after it was signed. */
  readonly encryption: EncryptionParts | null;
  /** Changes the signed assertion before it is encrypted or signed with the response. */
  readonly alterAssertion: (assertion: string) => string;
  /** Changes the whole document after the last signature. */
  readonly alter: (document: string) => string;
}

export interface SignatureParts {
  readonly key: string;
  /** PEM, for KeyInfo. */
  readonly certificate: string | null;
  readonly algorithm: string;
  readonly digest: string;
  readonly canonicalization: string;
  readonly transforms: readonly string[];
}

export interface EncryptionParts {
  /** PEM, of the service. */
  readonly certificate: string;
  readonly cipher?: EncryptionAlgorithm;
  readonly keyTransport?: KeyEncryptionAlgorithm;
}

export const minutes = (count: number) => new Date(Date.now() + count * 60_000).toISOString();

export const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

export const nameId = (value: string, format = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent') =>
  `<saml:NameID Format="${format}">${value}</saml:NameID>`;

export const confirmation = (data: Readonly<Record<string, string>>, method = bearer) =>
  `<saml:SubjectConfirmation Method="${method}"><saml:SubjectConfirmationData ${attributesOf(data)}/></saml:SubjectConfirmation>`;

/** The data of a confirmation for this request. */
export const confirmed = ({ acsUrl, requestId }: RequestOfResponse) => ({
  Recipient: acsUrl,
  NotOnOrAfter: minutes(5),
  InResponseTo: requestId,
});

export const conditions = (
  audience: string,
  times: Readonly<Record<string, string>> = { NotBefore: minutes(-1), NotOnOrAfter: minutes(5) },
) =>
  `<saml:Conditions ${attributesOf(times)}><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`;

export const authnStatement = (more = '') =>
  `<saml:AuthnStatement AuthnInstant="${minutes(0)}" SessionIndex="_session1" ${more}><saml:AuthnContext>` +
  '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>' +
  '</saml:AuthnContext></saml:AuthnStatement>';

export const attribute = (name: string, ...values: readonly string[]) =>
  `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`;

export const attributeStatement = (...attributes: readonly string[]) =>
  `<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>`;

const attributesOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${value}"`)
    .join(' ');

export function validParts(idp: SamlIdp, request: RequestOfResponse): SamlResponseParts {
  return {
    responseId: '_response1',
    assertionId: '_assertion1',
    responseAttributes: `Destination="${request.acsUrl}" InResponseTo="${request.requestId}"`,
    responseIssuer: `<saml:Issuer>${idp.entityId}</saml:Issuer>`,
    status: '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>',
    assertionIssuer: `<saml:Issuer>${idp.entityId}</saml:Issuer>`,
    subject: `<saml:Subject>${nameId('subject-1')}${confirmation(confirmed(request))}</saml:Subject>`,
    conditions: conditions(request.entityId),
    statements: authnStatement() + attributeStatement(attribute('user_email', 'jane@example.com'), attribute('first_name', 'Jane')),
    extensions: '',
    signs: 'assertion',
    signature: {
      key: idp.key,
      certificate: idp.certificate,
      algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      digest: 'http://www.w3.org/2001/04/xmlenc#sha256',
      canonicalization: exclusive,
      transforms: [enveloped, exclusive],
    },
    encryption: null,
    alterAssertion: (assertion) => assertion,
    alter: (document) => document,
  };
}

export const samlp = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"';
export const saml = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';

/** The response as it is posted: base64. */
export async function makeSamlResponse(parts: SamlResponseParts): Promise<string> {
  return encodeDocument(await makeDocument(parts));
}

export function encodeDocument(document: string): string {
  return Buffer.from(document).toString('base64');
}

export async function makeDocument(parts: SamlResponseParts): Promise<string> {
  const { signs, signature } = parts;
  const unsigned = assertionOf(parts);
  const assertion = parts.alterAssertion(
    signs === 'assertion' || signs === 'both' ? sign(unsigned, parts.assertionId, signature) : unsigned,
  );
  const content = parts.encryption ? await encryptAssertion(assertion, parts.encryption) : assertion;
  const response =
    `<samlp:Response ${samlp} ${saml} ID="${parts.responseId}" Version="2.0" IssueInstant="${minutes(0)}" ${parts.responseAttributes}>` +
    `${parts.responseIssuer}${parts.status}${parts.extensions}${content}</samlp:Response>`;
  return parts.alter(signs === 'response' || signs === 'both' ? sign(response, parts.responseId, signature) : response);
}

export function assertionOf(parts: SamlResponseParts): string {
  return (
    `<saml:Assertion ${saml} ID="${parts.assertionId}" Version="2.0" IssueInstant="${minutes(0)}">` +
    `${parts.assertionIssuer}${parts.subject}${parts.conditions}${parts.statements}</saml:Assertion>`
  );
}

/** Puts the signature where SAML wants it: after the Issuer of the signed element, or first. */
export function sign(
  document: string,
  id: string,
  { key, certificate, algorithm, digest, canonicalization, transforms }: SignatureParts,
): string {
  const signer = new SignedXml({ privateKey: key, signatureAlgorithm: algorithm, canonicalizationAlgorithm: canonicalization });
  if (certificate) signer.publicCert = certificate;
  if (algorithm.includes('hmac')) signer.enableHMAC();
  signer.addReference({ xpath: `//*[@ID='${id}']`, transforms: [...transforms], digestAlgorithm: digest });
  const issuer = `//*[@ID='${id}']/*[local-name()='Issuer'][1]`;
  const hasIssuer = new RegExp(`ID="${id}"[^>]*><saml:Issuer>`).test(document);
  signer.computeSignature(document, hasIssuer ? { prefix: 'ds', location: { reference: issuer, action: 'after' } } : { prefix: 'ds' });
  return signer.getSignedXml();
}

async function encryptAssertion(assertion: string, { certificate, cipher, keyTransport }: EncryptionParts): Promise<string> {
  const encrypted = await promisify(encrypt)(assertion, {
    rsa_pub: createPublicKey(certificate).export({ type: 'spki', format: 'pem' }),
    pem: certificate,
    encryptionAlgorithm: cipher ?? 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    keyEncryptionAlgorithm: keyTransport ?? 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    warnInsecureAlgorithm: false,
  });
  return `<saml:EncryptedAssertion>${encrypted}</saml:EncryptedAssertion>`;
}
