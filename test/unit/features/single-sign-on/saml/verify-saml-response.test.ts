import assert from 'node:assert/strict';
import type { SamlConfig } from '@rollcall/protocol';
import type { VerifiedResponse } from '../../../../../server/src/features/single-sign-on/domain/asserted-identity.ts';
import { makeSpCertificate } from '../../../../../server/src/features/single-sign-on/saml/sp-certificate.ts';
import { readRequestId, verifySamlResponse } from '../../../../../server/src/features/single-sign-on/saml/verify-saml-response.ts';
import { samlAttacks } from '../../../../support/saml/saml-attacks.ts';
import {
  attribute,
  attributeStatement,
  authnStatement,
  conditions,
  confirmation,
  confirmed,
  encodeDocument,
  makeDocument,
  minutes,
  nameId,
  type SamlResponseParts,
} from '../../../../support/saml/saml-idp.ts';
import { SamlTarget } from '../../../../support/saml/saml-target.ts';

describe('the verification of SAML responses', () => {
  let target: SamlTarget;
  before(async () => {
    target = await SamlTarget.make();
  });

  const verify = async (change: Partial<SamlResponseParts> = {}, config: Partial<SamlConfig> = {}) =>
    verifySamlResponse(target.provider(config), await target.response(change), target.expected());
  const identityOf = (answer: VerifiedResponse) => {
    assert.ok('identity' in answer, 'refused' in answer ? answer.refused : '');
    return answer.identity;
  };
  const subjectOf = (...content: readonly string[]) => ({
    subject: `<saml:Subject>${content.join('')}${confirmation(confirmed(target.request))}</saml:Subject>`,
  });

  it('gives the facts of a valid response', async () => {
    const end = minutes(60);
    const statements =
      authnStatement(`SessionNotOnOrAfter="${end}"`) +
      attributeStatement(
        attribute('user_email', 'jane@example.com'),
        attribute('first_name', 'Jane'),
        attribute('last_name', 'Doe'),
        attribute('groups', 'a', 'b'),
      );
    const { assertion, authenticatedAt, ...facts } = identityOf(await verify({ statements }));
    assert.deepEqual(facts, {
      subject: 'subject-1',
      email: 'jane@example.com',
      emailVerified: true,
      name: 'Jane Doe',
      attributes: { user_email: ['jane@example.com'], first_name: ['Jane'], last_name: ['Doe'], groups: ['a', 'b'] },
      sessionEndsAt: end,
      sessionIndex: '_session1',
      sid: null,
    });
    assert.ok(Math.abs(Date.parse(authenticatedAt!) - Date.now()) < 60_000, String(authenticatedAt));
    assert.equal(assertion?.id, '_assertion1');
    const remembered = Date.parse(assertion.expiresAt) - Date.now();
    assert.ok(remembered > 59 * 60_000 && remembered <= 60 * 60_000, `${remembered} ms`);
  });

  it('needs one of the required ways to log in, in each statement', async () => {
    const mfa = 'https://refeds.org/profile/mfa';
    const strong = authnStatement().replace(/urn:oasis:names:tc:SAML:2\.0:ac:classes:Password/, mfa);
    const verdict = async (statements: string) => {
      const answer = await verify({ statements }, { authn_contexts: ['urn:example:phr', mfa] });
      return 'refused' in answer ? answer.refused : 'accepted';
    };
    assert.equal(await verdict(strong), 'accepted');
    const none = /none of the required values of AuthnContextClassRef/;
    for (const statements of [authnStatement(), strong + authnStatement(), authnStatement() + strong, strong.replace(mfa, `${mfa}/`)])
      assert.match(await verdict(statements), none);
    const withoutClass = strong.replace(/<saml:AuthnContextClassRef>.*<\/saml:AuthnContextClassRef>/, '');
    assert.match(await verdict(withoutClass), /exactly one AuthnContextClassRef/);
  });

  it('reads a time that can’t be stored as the latest one, and refuses the year 0', async () => {
    const latest = '9999-12-30T00:00:00.000Z';
    const forever = (end: string): Partial<SamlResponseParts> => ({
      subject: `<saml:Subject>${nameId('subject-1')}${confirmation({ ...confirmed(target.request), NotOnOrAfter: end })}</saml:Subject>`,
      conditions: conditions(target.request.entityId, { NotBefore: minutes(-1), NotOnOrAfter: end }),
      statements: authnStatement(`SessionNotOnOrAfter="${end}"`),
    });
    for (const end of ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.9999999-14:00']) {
      const { assertion, sessionEndsAt } = identityOf(await verify(forever(end)));
      assert.deepEqual([assertion?.expiresAt, sessionEndsAt], [latest, latest], end);
    }
    const times = { NotBefore: '0000-01-01T00:00:00Z', NotOnOrAfter: minutes(5) };
    assert.ok('refused' in (await verify({ conditions: conditions(target.request.entityId, times) })));
    assert.ok('refused' in (await verify({ statements: authnStatement('SessionNotOnOrAfter="0000-01-01T00:00:00Z"') })));
  });

  for (const signs of ['assertion', 'response', 'both'] as const) {
    for (const isEncrypted of [false, true]) {
      const signed = isEncrypted && signs === 'assertion' ? 'both' : signs;
      it(`accepts ${isEncrypted ? 'an encrypted' : 'an'} assertion where the provider signs: ${signed}`, async () => {
        const encryption = isEncrypted ? { certificate: target.context.spCertificate } : null;
        const answer = await verify({ signs: signed, encryption }, { signed, encrypt: isEncrypted });
        assert.equal(identityOf(answer).subject, 'subject-1');
      });
    }
  }

  it('refuses a response that signs less than the provider must sign', async () => {
    for (const [signed, signs] of [
      ['assertion', 'response'],
      ['response', 'assertion'],
      ['both', 'assertion'],
      ['both', 'response'],
    ] as const) {
      assert.ok('refused' in (await verify({ signs }, { signed })), `${signed} but ${signs}`);
    }
  });

  it('[S-31] accepts a signed assertion that is encrypted by GCM in an unsigned response, and by CBC in a signed one', async () => {
    const { spCertificate: certificate } = target.context;
    assert.equal(identityOf(await verify({ encryption: { certificate } })).subject, 'subject-1');
    const cipher = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc' as const;
    assert.equal(identityOf(await verify({ signs: 'both', encryption: { certificate, cipher } })).subject, 'subject-1');
  });

  it('[S-31] decrypts with both keys of this server while there are two, and with no other', async () => {
    const [next, other] = await Promise.all([makeSpCertificate(), makeSpCertificate()]);
    const provider = target.provider();
    const both = { ...provider, secrets: new Map([...provider.secrets, ['next-sp-key', next.key]]) };
    const cipher = 'http://www.w3.org/2001/04/xmlenc#aes256-cbc' as const;
    for (const certificate of [target.context.spCertificate, next.certificate, other.certificate]) {
      for (const change of [{ encryption: { certificate } }, { signs: 'both' as const, encryption: { certificate, cipher } }]) {
        const answer = await verifySamlResponse(both, await target.response(change), target.expected());
        if (certificate === other.certificate) assert.ok('refused' in answer);
        else assert.equal(identityOf(answer).subject, 'subject-1');
      }
    }
  });

  it('[V11.4.3] accepts RSA with SHA-512, RSA-PSS and inclusive canonicalization', async () => {
    const { signature } = target.context.valid;
    for (const change of [
      { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', digest: 'http://www.w3.org/2001/04/xmlenc#sha512' },
      { algorithm: 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1' },
      { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' },
    ]) {
      const answer = await verify({ signs: 'response', signature: { ...signature, ...change } }, { signed: 'response' });
      assert.equal(identityOf(answer).subject, 'subject-1');
    }
  });

  it('accepts an XML declaration, line breaks in the base64 and a response without Destination and Issuer', async () => {
    const change = { responseIssuer: '', responseAttributes: `InResponseTo="${target.request.requestId}"` };
    const document = await makeDocument({ ...target.context.valid, ...change });
    const base64 = encodeDocument(`<?xml version="1.0" encoding="UTF-8"?>\n${document}`).replace(/.{76}/g, '$&\r\n');
    assert.ok('identity' in (await verifySamlResponse(target.provider(), base64, target.expected())));
  });

  function refuses(securityCase: string) {
    for (const attack of samlAttacks.filter((one) => one.case === securityCase)) {
      it(attack.name, async () => {
        const answer = await verifySamlResponse(target.provider(attack.config), await target.attack(attack), target.expected());
        assert.ok('refused' in answer, 'accepted');
        assert.match(answer.refused, attack.refused);
      });
    }
  }
  describe('[S-21] refuses signatures of other data:', () => refuses('S-21'));
  describe('[S-22] refuses ambiguous signatures:', () => refuses('S-22'));
  describe('[S-23] refuses text that parsers treat differently:', () => refuses('S-23'));
  describe('[S-25] refuses responses to no request:', () => refuses('S-25'));
  describe('[S-26] refuses what differs from a valid response in one thing:', () => refuses('S-26'));
  describe('[S-30] refuses algorithms and keys:', () => refuses('S-30'));
  describe('[S-31] [V11.3.1] refuses encrypted assertions:', () => refuses('S-31'));
  describe('[S-32] refuses ambiguous facts:', () => refuses('S-32'));
  describe('[S-33] refuses values that are no names:', () => refuses('S-33'));
  describe('[S-34] refuses the responses of other organizations and providers:', () => refuses('S-34'));

  it('contains an attack for every security case about SAML', () => {
    assert.deepEqual([...new Set(samlAttacks.map((attack) => attack.case))].sort(), [
      'S-21',
      'S-22',
      'S-23',
      'S-25',
      'S-26',
      'S-30',
      'S-31',
      'S-32',
      'S-33',
      'S-34',
    ]);
  });

  it('[S-23] refuses UTF-16, bytes that are not UTF-8, text that is not base64, more than 256 KiB and too many elements', async () => {
    const document = await makeDocument(target.context.valid);
    const base64 = encodeDocument(document);
    for (const [text, reason] of [
      [Buffer.from(`\uFEFF${document}`, 'utf16le').toString('base64'), /./],
      [
        Buffer.concat([Buffer.from(document.slice(0, 50)), Buffer.from([0xc3, 0x28]), Buffer.from(document.slice(50))]).toString('base64'),
        /UTF-8/,
      ],
      ['', /base64/],
      [`${base64} `, /base64/],
      [`${base64}*`, /base64/],
      [encodeDocument(document + ' '.repeat(200_000)), /256 KiB/],
      [encodeDocument('<a>'.repeat(30_000)), /deeply/],
      [encodeDocument('<a>'.repeat(900) + '</a>'.repeat(900)), /deeply/],
      // The library takes minutes for these.
      [encodeDocument(document.replace('</samlp:Response>', `${'<a/>'.repeat(30_000)}</samlp:Response>`)), /too many elements/],
    ] as const) {
      const answer = await verifySamlResponse(target.provider(), text, target.expected());
      assert.ok('refused' in answer);
      assert.match(answer.refused, reason);
    }
  });

  it('[S-23] refuses documents for which the library needs seconds, without parsing them', async () => {
    const declared = (count: number) => Array.from({ length: count }, (_, index) => `xmlns:n${index}="u"`).join(' ');
    for (const [content, reason] of [
      ['<b/>'.repeat(1_000), /too many elements/],
      ['<b>'.repeat(50) + '</b>'.repeat(50), /too deeply/],
      [`<b>${`<b ${declared(100)}/>`.repeat(21)}</b>`, /too many namespaces/],
      [`<b ${declared(400)}/>`, /too long/],
      [`<b>${'<![CDATA['.repeat(5_000)}</b>`, /well-formed/],
    ] as const) {
      const from = performance.now();
      const answer = await verify({
        alter: (document) => document.replace('<samlp:Status>', `<samlp:Extensions>${content}</samlp:Extensions>$&`),
      });
      assert.ok('refused' in answer);
      assert.match(answer.refused, reason);
      assert.ok(performance.now() - from < 2_000);
    }
  });

  it('[S-31] refuses such a document inside of an encrypted assertion as well', async () => {
    const encryption = { certificate: target.context.spCertificate };
    const from = performance.now();
    const answer = await verify({
      encryption,
      alterAssertion: (assertion) => assertion.replace('<saml:Subject>', `${'<b/>'.repeat(5_000)}$&`),
    });
    assert.ok('refused' in answer);
    assert.match(answer.refused, /cannot be decrypted/);
    assert.ok(performance.now() - from < 2_000);
  });

  it('[S-23] reads CDATA as a whole', async () => {
    const identity = identityOf(await verify(subjectOf(nameId('admin@a.example<![CDATA[.evil]]>.example'))));
    assert.equal(identity.subject, 'admin@a.example.evil.example');
  });

  it('[S-31] [V11.3.1] gives the same reason for wrong padding, a wrong key and a wrong signature', async () => {
    const names = ['a changed ciphertext', 'an assertion encrypted for another service', 'an encrypted assertion, signed with another key'];
    const reasons = names.map(async (name) => {
      const attack = samlAttacks.find((one) => one.name === name)!;
      const answer = await verifySamlResponse(target.provider(), await target.attack(attack), target.expected());
      return 'refused' in answer ? answer.refused : 'accepted';
    });
    assert.equal(new Set(await Promise.all(reasons)).size, 1);
  });

  it('[S-32] [V15.3.6] keeps attributes named __proto__ and constructor as facts', async () => {
    const statements = authnStatement() + attributeStatement(attribute('__proto__', 'a'), attribute('constructor', 'b'));
    const { attributes } = identityOf(await verify({ statements }));
    assert.deepEqual(Object.entries(attributes), [
      ['__proto__', ['a']],
      ['constructor', ['b']],
    ]);
    assert.equal(Object.getPrototypeOf(attributes), Object.prototype);
  });

  it('[S-33] [V1.2.7] reads quotes and XPath in a NameID as text', async () => {
    const value = `o'brien" or '1'='1`;
    assert.equal(identityOf(await verify(subjectOf(nameId(value)))).subject, value);
  });

  it('[S-34] accepts two certificates at once, and none that was taken out', async () => {
    const { idp, foreign, valid } = target.context;
    const answer = await verify(
      { signature: { ...valid.signature, key: foreign.key } },
      { x509certs: [idp.certificate, foreign.certificate] },
    );
    assert.equal(identityOf(answer).subject, 'subject-1');
    assert.ok('refused' in (await verify({}, { x509certs: [foreign.certificate] })));
  });

  it('reads the subject from the configured attribute, also with a transient NameID or without one', async () => {
    const attributes = { identifier: 'uid', user_email: 'mail', first_name: null, last_name: null };
    const statements =
      authnStatement() + attributeStatement(attribute('uid', 'u-1'), attribute('mail', 'jane@example.com', 'other@example.com'));
    for (const id of ['', nameId('x', 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient')]) {
      const { subject, email, name } = identityOf(await verify({ ...subjectOf(id), statements }, { attributes }));
      assert.deepEqual([subject, email, name], ['u-1', 'jane@example.com', null]);
    }
    assert.ok('refused' in (await verify({}, { attributes })));
  });

  it('finds the request that a response names', async () => {
    const read = async (change: Partial<SamlResponseParts>) => readRequestId(await target.response(change));
    const { requestId } = target.request;
    assert.deepEqual(await read({}), { requestId });
    assert.deepEqual(await read({ alter: (document) => `<?xml version="1.0"?>\n${document.replaceAll('"', "'")}` }), { requestId });
    assert.deepEqual(await read({ responseAttributes: '' }), { requestId: null });
    assert.deepEqual(await read({ responseAttributes: `notInResponseTo="${requestId}"` }), { requestId: null });
    assert.ok('refused' in readRequestId('no base64'));
    assert.ok('refused' in readRequestId(encodeDocument('<a InResponseTo="a"/>')));
  });
});
