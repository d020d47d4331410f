import { X509Certificate } from 'node:crypto';
import { escapeHtml } from '../../../runtime/text/escape-html.ts';

/** Authenticated encryption only. Others are accepted inside a signed response. */
const ciphers = ['http://www.w3.org/2009/xmlenc11#aes256-gcm', 'http://www.w3.org/2009/xmlenc11#aes128-gcm'];
const keyTransport = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p';

/**
 * This server's metadata for an organization's identity provider.
 * @param certificates PEM, the newest last. All of them may sign. The provider encrypts for the
 * newest, so that the others can be removed.
 */
export function spMetadata({
  entityId,
  acsUrl,
  certificates,
}: {
  readonly entityId: string;
  readonly acsUrl: string;
  readonly certificates: readonly string[];
}): string {
  const signing = certificates.map((one) => `    <md:KeyDescriptor use="signing">${keyInfoOf(one)}</md:KeyDescriptor>\n`).join('');
  const methods = [...ciphers, keyTransport].map((one) => `<md:EncryptionMethod Algorithm="${one}"/>`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${escapeHtml(entityId)}">
  <md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true" WantAssertionsSigned="true">
${signing}    <md:KeyDescriptor use="encryption">${keyInfoOf(certificates.at(-1)!)}${methods}</md:KeyDescriptor>
    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>
    <md:AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${escapeHtml(acsUrl)}"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`;
}

function keyInfoOf(certificate: string): string {
  const base64 = new X509Certificate(certificate).raw.toString('base64');
  return `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
}
