import assert from 'node:assert/strict';
import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { parseCertificate } from '../../../../../server/src/features/single-sign-on/flows/idp-certificates.ts';
import { findSigners } from '../../../../../server/src/features/single-sign-on/saml/signers.ts';
import { refuseForged } from '../../../../../server/src/features/single-sign-on/saml/verify-saml-response.ts';
import { checkSize, responseLimits } from '../../../../../server/src/features/single-sign-on/saml/xml-tokens.ts';
import { cpuOf } from '../../../../support/cpu-time.ts';
import { makeSamlIdp } from '../../../../support/saml/saml-idp.ts';
import { SamlTarget } from '../../../../support/saml/saml-target.ts';

const turnMsMax = 20;
const longest = 4_000;
const times = (text: string, count: number) => text.repeat(count);

/** Elements whose parts are as long as the limit of a tag permits. */
const hostileTags: Readonly<Record<string, string>> = {
  'long names': `<${times('a', longest)}/>`,
  'long names of attributes': `<a ${times('b', longest)}=""/>`,
  'many colons': `<a ${times('b:', longest / 2)}c=""/>`,
  'spaces without attributes': `<a${times(' ', longest)}/>`,
  'spaces around equals signs': `<a b${times(' ', longest / 2)}=${times(' ', longest / 2)}""/>`,
  'quoted equals signs': `<a b="${times('c=', longest / 2)}"/>`,
  'quoted quotes': `<a b="${times("'", longest)}"/>`,
  'long ends': `<a></a${times(' ', longest)}>`,
  'characters after the name of an end': `<a></a ${times('b', longest)}="">`,
};

const signature = (text: string) => `
  <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>${text}
    <ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
    <ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
    <ds:Reference URI="#a"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>AA==</ds:DigestValue></ds:Reference>
  </ds:SignedInfo><ds:SignatureValue>AA==</ds:SignatureValue></ds:Signature>`;

/** A certificate with this key. Nothing checks who has signed it. */
function certificateWith(certificate: string, modulusBits: number, exponentBits: number): string {
  const odd = (bits: number) => {
    const bytes = randomBytes(bits / 8);
    bytes[0]! |= 0x80;
    bytes[bytes.length - 1]! |= 1;
    return bytes.toString('base64url');
  };
  const { raw, publicKey } = new X509Certificate(certificate);
  const former = publicKey.export({ type: 'spki', format: 'der' });
  const jwk = { kty: 'RSA', n: odd(modulusBits), e: odd(exponentBits) };
  const key = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
  const at = raw.indexOf(former);
  const changed = Buffer.concat([raw.subarray(0, at), key, raw.subarray(at + former.length)]);
  // The lengths of the two sequences around the key.
  for (const lengthAt of [2, 6]) changed.writeUInt16BE(changed.readUInt16BE(lengthAt) + key.length - former.length, lengthAt);
  return new X509Certificate(changed).toString();
}

describe('the CPU time of a SAML response that anyone can send', () => {
  let target: SamlTarget;
  let certificates: string[];
  before(async () => {
    target = await SamlTarget.make();
    certificates = (await Promise.all([1, 2, 3, 4].map(() => makeSamlIdp()))).map(({ certificate }) => certificate);
  });

  async function assertCheap(content: string): Promise<void> {
    const text = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${content}</samlp:Response>`;
    const base64 = Buffer.from(text).toString('base64');
    assert.ok(base64.length <= 256 * 1024, `${base64.length} characters`);
    const provider = target.provider({ x509certs: certificates });
    const ms = await cpuOf(async () => assert.ok(await refuseForged(provider, base64)), turnMsMax);
    assert.ok(ms < turnMsMax, `${ms} ms`);
  }

  for (const [shape, tag] of Object.entries(hostileTags)) {
    it(`[H-96] stays within 20 ms for tags with ${shape}`, () => assertCheap(times(tag, 45)));
  }

  it('[H-96] stays within 20 ms for a thousand signatures inside of long tags', () => {
    const [name, declaration] = [times('a', 1_900), `xmlns:b="${times('c', 1_900)}"`];
    const around = Array.from({ length: 7 }, (_, at) => `${name}${at}`);
    const starts = around.map((one) => `<${one} ${declaration}>`).join('');
    const ends = around.toReversed().map((one) => `</${one}>`);
    return assertCheap(`${starts}${times('<Signature/>', 980)}${ends.join('')}`);
  });

  for (const character of ['&amp;', '>', '&#13;']) {
    it(`[H-96] stays within 20 ms for two signatures full of ${character}`, () => {
      const one = signature(times(character, 28_000 / character.length));
      return assertCheap(one + one);
    });
  }

  it('[H-96] counts each attribute of start tags and end tags once', () => {
    const limits = { ...responseLimits, attributesMax: 5 };
    const text = (more: string) => `<a b="c=''" d = 'e f="g"' xmlns:h=""><i j=""/></a${more}>`;
    checkSize(text(" k=''"), limits);
    assert.throws(() => checkSize(text(" k='' l=''"), limits), /too many attributes/);
  });

  it('[V11.2.3] refuses an RSA key of fewer than 2,048 bits', async () => {
    const [good] = certificates as [string];
    const short = certificateWith(good, 1_024, 24);
    assert.equal(parseCertificate(new X509Certificate(short).raw), null);
    assert.deepEqual((await findSigners(`<a>${signature('')}</a>`, [short]))?.certificates, []);
    assert.notEqual(parseCertificate(new X509Certificate(certificateWith(good, 2_048, 24)).raw), null);
  });

  for (const [modulus, exponent] of [
    [3_072, 3_072],
    [16_384, 24],
  ] as const) {
    it(`[H-96] refuses a key whose signatures take long to verify: ${modulus} bits with an exponent of ${exponent}`, async () => {
      const [good] = certificates as [string];
      const slow = certificateWith(good, modulus, exponent);
      assert.equal(parseCertificate(new X509Certificate(slow).raw), null);
      assert.notEqual(parseCertificate(new X509Certificate(certificateWith(good, 4_096, 24)).raw), null);
      const stored = [slow, slow, slow, slow];
      const ms = await cpuOf(
        async () => assert.deepEqual((await findSigners(`<a>${signature('')}</a>`, stored))?.certificates, []),
        turnMsMax,
      );
      assert.ok(ms < turnMsMax, `${ms} ms`);
    });
  }
});
