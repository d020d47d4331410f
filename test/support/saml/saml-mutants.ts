/** A check removed from the source, and the attack that is then accepted. */
export interface SamlMutant {
  /** The name of an attack in `samlAttacks`. */
  readonly attack: string;
  /** In `server/src/single-sign-on/saml`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const text = 'response-text.ts';
const xml = 'xml.ts';
const shape = 'response-shape.ts';
const algorithms = 'response-algorithms.ts';
const addressee = 'response-addressee.ts';
const verify = 'verify-saml-response.ts';
const assertion = 'assertion.ts';
const attributes = 'attributes.ts';

/** Without these checks, the SAML library accepts the attack. */
export const samlMutants: readonly SamlMutant[] = [
  { attack: 'a document type', file: text, from: 'if (/<!(?!--|', to: 'if (false && /<!(?!--|' },
  { attack: 'an entity', file: text, from: 'if (/<!(?!--|', to: 'if (false && /<!(?!--|' },
  { attack: 'a comment in the NameID', file: text, from: 'if (/<!--/', to: 'if (false && /<!--/' },
  { attack: 'a comment in an attribute', file: text, from: 'if (/<!--/', to: 'if (false && /<!--/' },
  { attack: 'a comment in the encrypted assertion', file: text, from: 'if (/<!--/', to: 'if (false && /<!--/' },
  { attack: 'a processing instruction', file: text, from: 'if (/<\\?/', to: 'if (false && /<\\?/' },
  { attack: 'another encoding in the XML declaration', file: text, from: 'if (/<\\?/', to: 'if (false && /<\\?/' },
  { attack: 'NUL', file: xml, from: 'if (forbidden.test(text))', to: 'if (false)' },
  { attack: 'NUL as a reference', file: xml, from: 'if (forbidden.test(text))', to: 'if (false)' },
  {
    attack: 'an assertion of another namespace',
    file: shape,
    from: '= [...elementsIn(response)].filter',
    to: '= response.children.filter',
  },
  { attack: 'a ds:Object without an assertion', file: shape, from: "isNamed(element, ds, 'Object')", to: 'false' },
  { attack: 'a signature by SHA-1', file: algorithms, from: 'if (refused !== undefined)', to: 'if (false)' },
  { attack: 'a digest by SHA-1', file: algorithms, from: 'if (refused !== undefined)', to: 'if (false)' },
  { attack: 'canonicalization with comments', file: algorithms, from: 'if (refused !== undefined)', to: 'if (false)' },
  { attack: 'a transform with comments', file: algorithms, from: 'if (refused !== undefined)', to: 'if (false)' },
  { attack: 'an encrypted assertion, signed by SHA-1', file: verify, from: '() => checkDecrypted(assertion, spKey)', to: 'async () => {}' },
  { attack: 'CBC in an unsigned response', file: verify, from: 'isEncrypted && needsSignedResponse(assertion)', to: 'false' },
  { attack: '3DES in an unsigned response', file: verify, from: 'isEncrypted && needsSignedResponse(assertion)', to: 'false' },
  { attack: 'an assertion that is not encrypted, although it must be', file: verify, from: 'config.encrypt && !isEncrypted', to: 'false' },
  { attack: 'another Destination', file: addressee, from: 'destination !== expected.acsUrl', to: 'false' },
  { attack: 'another Issuer of the response', file: addressee, from: 'issuers.some(({ text }) => text !== expected.issuer)', to: 'false' },
  { attack: 'a status of failure', file: addressee, from: 'status !== success', to: 'false' },
  { attack: 'another Issuer of the assertion', file: assertion, from: 'issuers[0]!.text !== expected.config.entity_id', to: 'false' },
  {
    attack: 'an assertion without a request in a response to the flow',
    file: assertion,
    from: "data.attributes.get('InResponseTo') === requestId",
    to: 'true',
  },
  { attack: 'another Recipient', file: assertion, from: "data.attributes.get('Recipient') === acsUrl", to: 'true' },
  { attack: 'a confirmation with NotBefore', file: assertion, from: "!data.attributes.has('NotBefore')", to: 'true' },
  { attack: 'holder of key', file: assertion, from: "confirmation.attributes.get('Method') === bearer", to: 'true' },
  {
    attack: 'no SubjectConfirmation',
    file: assertion,
    from: 'const confirmedUntil = checkConfirmation(subject, expected);',
    to: 'const confirmedUntil = 0;',
  },
  { attack: 'no AuthnStatement', file: assertion, from: 'if (statements.length === 0)', to: 'if (false)' },
  { attack: 'a session that has ended at the provider', file: assertion, from: 'end !== null && end <= now.getTime()', to: 'false' },
  {
    attack: 'an attribute named nameID without a NameID',
    file: assertion,
    from: 'names.identifier === null ? readNameId(subject)',
    to: "names.identifier === null ? attributes.get('nameID')?.[0]",
  },
  { attack: 'two NameIDs', file: assertion, from: 'if (!found || others.length > 0)', to: 'if (!found)' },
  { attack: 'an empty NameID', file: assertion, from: 'if (!value?.trim())', to: 'if (!value)' },
  { attack: 'a transient NameID', file: assertion, from: "nameId.attributes.get('Format') === transient", to: 'false' },
  { attack: 'one attribute twice', file: attributes, from: 'if (attributes.has(name))', to: 'if (false)' },
  { attack: 'one attribute in two statements', file: attributes, from: 'if (attributes.has(name))', to: 'if (false)' },
  { attack: 'quotes in an ID', file: shape, from: 'if (ids.some(', to: 'if (false && ids.some(' },
];
