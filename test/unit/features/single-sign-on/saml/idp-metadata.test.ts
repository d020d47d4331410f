import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { IdpMetadataError, parseIdpMetadata } from '../../../../../server/src/features/single-sign-on/saml/idp-metadata.ts';

const redirect = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect';
const post = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST';
const saml2 = 'urn:oasis:names:tc:SAML:2.0:protocol';

const keyOf = (base64: string, use = 'use="signing"') =>
  `<md:KeyDescriptor ${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
  `<ds:X509Certificate>\n${base64}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
const endpoint = (binding: string, location: string) => `<md:SingleSignOnService Binding="${binding}" Location="${location}"/>`;
const role = (content: string, attributes = '') =>
  `<md:IDPSSODescriptor ${attributes} protocolSupportEnumeration="${saml2}">${content}</md:IDPSSODescriptor>`;
const entity = (content: string, id = 'https://idp.example/saml') =>
  `<md:EntityDescriptor entityID="${id}">${content}</md:EntityDescriptor>`;
const document = (content: string) => content.replace(/^<[\w:]+/, '$& xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"');

describe('metadata of identity providers', () => {
  let pem: string;
  let base64: string;
  let others: string[];

  const makeCertificate = async (until = Date.now() + 86_400_000) => {
    const made = await generate([{ name: 'commonName', value: 'idp' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(until - 2 * 86_400_000),
      notAfterDate: new Date(until),
    });
    return new X509Certificate(made.cert).raw.toString('base64');
  };
  before(async () => {
    [base64 = '', ...others] = await Promise.all([1, 2, 3, 4, 5].map(() => makeCertificate()));
    pem = new X509Certificate(Buffer.from(base64, 'base64')).toString();
  });

  const refuses = (xml: string, message: RegExp, entityId?: string) =>
    assert.throws(
      () => parseIdpMetadata(xml, entityId),
      (error) => error instanceof IdpMetadataError && message.test(error.message),
    );
  const good = () => entity(role(keyOf(base64) + endpoint(redirect, 'https://idp.example/sso')));

  it('gives the entity ID, the login URL and the certificates', () => {
    const content =
      keyOf(base64) +
      '<md:NameIDFormat> urn:oasis:names:tc:SAML:2.0:nameid-format:persistent </md:NameIDFormat>' +
      endpoint(post, 'https://idp.example/post') +
      endpoint(redirect, 'https://idp.example/sso?a=1&amp;b=2');
    const xml = `\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- a comment -->\n${document(entity(role(content, 'WantAuthnRequestsSigned="true"')))}\n`;
    const { certificates, ...found } = parseIdpMetadata(xml);
    assert.deepEqual(
      certificates.map((one) => one.pem),
      [pem],
    );
    assert.deepEqual(found, {
      entityId: 'https://idp.example/saml',
      ssoUrl: 'https://idp.example/sso?a=1&b=2',
      ssoBinding: redirect,
      nameIdFormats: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
      wantsSignedRequests: true,
      warnings: [],
    });
  });

  it('reads only the signing keys of the role for logins', () => {
    const [encryption = '', serviceProvider = '', authority = '', unspecified = ''] = others;
    const xml = document(
      entity(
        `<md:SPSSODescriptor protocolSupportEnumeration="${saml2}">${keyOf(serviceProvider)}</md:SPSSODescriptor>` +
          role(
            keyOf(encryption, 'use="encryption"') +
              keyOf(base64) +
              keyOf(base64) +
              keyOf('') +
              keyOf(unspecified, '') +
              endpoint(redirect, 'https://idp.example/sso'),
          ) +
          `<md:AttributeAuthorityDescriptor protocolSupportEnumeration="${saml2}">${keyOf(authority)}</md:AttributeAuthorityDescriptor>`,
      ),
    );
    const certificates = parseIdpMetadata(xml).certificates.map(({ pem: one }) => new X509Certificate(one).raw.toString('base64'));
    assert.deepEqual(certificates, [base64, unspecified]);
  });

  it('warns of expired and unreadable certificates, expired metadata and a missing endpoint for redirects', async () => {
    const expired = await makeCertificate(Date.now() - 86_400_000);
    const content = role(keyOf(expired) + keyOf('AAAA') + endpoint(post, 'https://idp.example/post'));
    const { certificates, ssoBinding, warnings } = parseIdpMetadata(
      document(entity(content)).replace('entityID', 'validUntil="2020-01-01T00:00:00Z" entityID'),
    );
    assert.equal(certificates.length, 1);
    assert.equal(ssoBinding, post);
    assert.equal(warnings.length, 4);
    assert.match(warnings.join('\n'), /metadata has expired.*\n.*no endpoint for redirects.*\n.*has expired.*\n.*left out/);
  });

  it('chooses one of several identity providers by the entity ID', () => {
    const one = entity(role(keyOf(base64) + endpoint(redirect, 'https://one.example/')), 'https://one.example');
    const two = entity(role(keyOf(base64) + endpoint(redirect, 'https://two.example/')), 'https://two.example');
    const service = entity(`<md:SPSSODescriptor protocolSupportEnumeration="${saml2}"/>`, 'https://sp.example');
    const several = document(
      `<md:EntitiesDescriptor>${service}${one}<md:EntitiesDescriptor>${two}</md:EntitiesDescriptor></md:EntitiesDescriptor>`,
    );
    assert.equal(parseIdpMetadata(several, 'https://two.example').ssoUrl, 'https://two.example/');
    refuses(several, /several identity providers/);
    refuses(several, /no identity provider with this entity ID/, 'https://sp.example');
    assert.equal(parseIdpMetadata(several, undefined, 'https://two.example').ssoUrl, 'https://two.example/');
    assert.equal(parseIdpMetadata(several, 'https://one.example', 'https://two.example').ssoUrl, 'https://one.example/');
    assert.throws(() => parseIdpMetadata(several, undefined, 'https://sp.example'), /several identity providers/);
    const single = document(`<md:EntitiesDescriptor>${service}${one}</md:EntitiesDescriptor>`);
    assert.equal(parseIdpMetadata(single).entityId, 'https://one.example');
    assert.equal(
      parseIdpMetadata(single, undefined, 'https://two.example').entityId,
      'https://one.example',
      'the provider has another id now',
    );
  });

  it('[V1.5.1] refuses a document type, entities and text that is not well-formed', () => {
    const xml = document(good());
    assert.ok(parseIdpMetadata(xml));
    refuses(`<!DOCTYPE md:EntityDescriptor>${xml}`, /document type/);
    refuses(`<!DOCTYPE x [<!ENTITY a "b">]>${xml}`, /document type/);
    refuses(xml.slice(0, -3), /well-formed/);
    refuses(`${xml}${xml}`, /well-formed/);
    refuses(xml.replace('entityID=', 'entityID="a" entityID='), /well-formed/);
    refuses(xml.replace('Location="', 'Location="&b;'), /well-formed/);
    refuses(`${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}`, /well-formed/);
    // The parser takes minutes for as many as fit into 256 KiB.
    const began = performance.now();
    const count = 10_000;
    refuses(`${Array.from({ length: count }, (_, at) => `<a xmlns:b${at}="c">`).join('')}${'</a>'.repeat(count)}`, /well-formed/);
    assert.ok(performance.now() - began < 5_000, 'the parser has read nested declarations');
    refuses('', /well-formed/);
    refuses('not XML', /well-formed/);
  });

  it('refuses more than 256 KiB', () => refuses(`${document(good())}${' '.repeat(256 * 1024)}`, /256 KiB/));

  it('refuses metadata without a role for logins, an entity ID, a login URL or a certificate', () => {
    refuses(document(entity('')), /no SAML 2.0 identity provider/);
    refuses(good(), /no SAML 2.0 identity provider|well-formed/);
    refuses(document(good().replace(saml2, 'urn:oasis:names:tc:SAML:1.1:protocol')), /no SAML 2.0 identity provider/);
    refuses(document(good().replace(/entityID="[^"]*"/, '')), /no entity ID/);
    refuses(document(entity(role(keyOf(base64)))), /no URL/);
    refuses(document(entity(role(keyOf(base64) + endpoint(redirect, 'javascript:alert(1)')))), /no URL/);
    refuses(document(entity(role(endpoint(redirect, 'https://idp.example/sso')))), /no certificate/);
    refuses(
      document(entity(role([base64, ...others].map((one) => keyOf(one)).join('') + endpoint(redirect, 'https://a.example/')))),
      /more than 4/,
    );
  });
});
