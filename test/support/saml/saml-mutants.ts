import type { SourceChange } from '../changed-sources.ts';

/** A check removed from the source, and the attacks that are then accepted. */
export interface SamlMutant extends SourceChange {
  /** Names of attacks in `samlAttacks`. */
  readonly attacks: readonly string[];
  /** The file in `server/src/features/single-sign-on/saml`. */
  readonly file: string;
  /** A change to the library, or to another check, that would refuse the attack too. */
  readonly also?: SourceChange;
}

const text = 'response-text.ts';
const xml = 'xml.ts';
const shape = 'response-shape.ts';
const algorithms = 'response-algorithms.ts';
const addressee = 'response-addressee.ts';
const signed = 'signed-assertion.ts';
const signers = 'signers.ts';
const verify = 'verify-saml-response.ts';
const assertion = 'assertion.ts';
const attributes = 'attributes.ts';

/** Without these checks, the SAML library accepts the attack. */
export const samlMutants: readonly SamlMutant[] = [
  { attacks: ['a document type', 'an entity'], file: text, from: 'if (/<!(?!--|', to: 'if (false && /<!(?!--|' },
  {
    attacks: ['a comment in the NameID', 'a comment in an attribute', 'a comment in the encrypted assertion'],
    file: text,
    from: 'if (/<!--/',
    to: 'if (false && /<!--/',
  },
  {
    attacks: ['a processing instruction', 'another encoding in the XML declaration'],
    file: text,
    from: 'if (/<\\?/',
    to: 'if (false && /<\\?/',
  },
  { attacks: ['NUL', 'NUL as a reference'], file: xml, from: 'if (forbidden.test(text))', to: 'if (false)' },
  {
    attacks: ['an assertion of another namespace'],
    file: shape,
    from: '= [...elementsIn(response)].filter',
    to: '= response.children.filter',
  },
  { attacks: ['a ds:Object without an assertion'], file: shape, from: "isNamed(element, ds, 'Object')", to: 'false' },
  {
    attacks: ['a signature by SHA-1', 'a digest by SHA-1', 'canonicalization with comments', 'a transform with comments'],
    file: algorithms,
    from: 'if (refused !== undefined)',
    to: 'if (false)',
  },
  {
    attacks: ['HMAC with the certificate as its key'],
    file: algorithms,
    from: 'if (refused !== undefined)',
    to: 'if (false)',
    also: {
      file: signed,
      from: 'const { profile } = await library.validatePostResponseAsync({ SAMLResponse: base64 });',
      to: `
        const { SignedXml } = await import('xml-crypto');
        const { checkSignature } = SignedXml.prototype;
        SignedXml.prototype.checkSignature = function (...given) {
          this.enableHMAC();
          return checkSignature.apply(this, given);
        };
        const restore = () => void (SignedXml.prototype.checkSignature = checkSignature);
        const { profile } = await library.validatePostResponseAsync({ SAMLResponse: base64 }).finally(restore);`,
    },
  },
  {
    attacks: ['the key of the message itself'],
    file: signed,
    from: 'idpCert: [...options.certificates]',
    to: "idpCert: /<ds:X509Certificate>([^<]+)</.exec(Buffer.from(base64, 'base64').toString())![1]!",
    also: { file: signers, from: 'isSignedBy(signed, key)) signers', to: 'true) signers' },
  },
  {
    attacks: ['an encrypted assertion, signed by SHA-1'],
    file: verify,
    from: '() => checkDecrypted(assertion, spKey, config.x509certs)',
    to: 'async () => config.x509certs',
    also: { file: signers, from: 'checkSignatureAlgorithms(element);', to: '' },
  },
  {
    attacks: ['CBC in an unsigned response', '3DES in an unsigned response'],
    file: verify,
    from: 'isEncrypted && needsSignedResponse(assertion)',
    to: 'false',
    also: { file: signed, from: 'if (needsSignedResponse(assertion))', to: 'if (false)' },
  },
  {
    attacks: ['an assertion that is not encrypted, although it must be'],
    file: verify,
    from: 'config.encrypt && !isEncrypted',
    to: 'false',
  },
  { attacks: ['another Destination'], file: addressee, from: 'destination !== expected.acsUrl', to: 'false' },
  {
    attacks: ['another Issuer of the response'],
    file: addressee,
    from: 'issuers.some(({ text }) => text !== expected.issuer)',
    to: 'false',
  },
  { attacks: ['a status of failure'], file: addressee, from: 'status !== success', to: 'false' },
  { attacks: ['another Issuer of the assertion'], file: assertion, from: 'issuers[0]!.text !== expected.config.entity_id', to: 'false' },
  {
    attacks: ['an assertion without a request in a response to the flow'],
    file: assertion,
    from: "data.attributes.get('InResponseTo') === requestId",
    to: 'true',
  },
  { attacks: ['another Recipient'], file: assertion, from: "data.attributes.get('Recipient') === acsUrl", to: 'true' },
  { attacks: ['a confirmation with NotBefore'], file: assertion, from: "!data.attributes.has('NotBefore')", to: 'true' },
  { attacks: ['holder of key'], file: assertion, from: "confirmation.attributes.get('Method') === bearer", to: 'true' },
  {
    attacks: ['no SubjectConfirmation'],
    file: assertion,
    from: 'const confirmedUntil = checkConfirmation(subject, expected);',
    to: 'const confirmedUntil = 0;',
  },
  { attacks: ['no AuthnStatement'], file: assertion, from: 'if (statements.length === 0)', to: 'if (false)' },
  { attacks: ['a session that has ended at the provider'], file: assertion, from: 'end !== null && end <= now.getTime()', to: 'false' },
  {
    attacks: ['an attribute named nameID without a NameID'],
    file: assertion,
    from: 'names.identifier === null ? readNameId(subject)',
    to: "names.identifier === null ? attributes.get('nameID')?.[0]",
  },
  { attacks: ['two NameIDs'], file: assertion, from: 'if (!found || others.length > 0)', to: 'if (!found)' },
  { attacks: ['an empty NameID'], file: assertion, from: 'if (!value?.trim())', to: 'if (!value)' },
  { attacks: ['a transient NameID'], file: assertion, from: "nameId.attributes.get('Format') === transient", to: 'false' },
  {
    attacks: ['one attribute twice', 'one attribute in two statements'],
    file: attributes,
    from: 'if (attributes.has(name))',
    to: 'if (false)',
  },
  { attacks: ['quotes in an ID'], file: shape, from: 'if (ids.some(', to: 'if (false && ids.some(' },
];
