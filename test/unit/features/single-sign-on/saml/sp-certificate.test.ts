import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { makeSpCertificate } from '../../../../../server/src/features/single-sign-on/saml/sp-certificate.ts';

describe('the certificate for an identity provider', () => {
  it('[V11.2.3] belongs to an RSA key of 3072 bits and is valid for ten years', async () => {
    const { key, certificate } = await makeSpCertificate();
    assert.match(key, /^-----BEGIN PRIVATE KEY-----/);
    const parsed = new X509Certificate(certificate);
    assert.ok(parsed.checkPrivateKey(createPrivateKey(key)));
    assert.equal(parsed.publicKey.asymmetricKeyDetails?.modulusLength, 3072);
    const years = (Date.parse(parsed.validTo) - Date.now()) / (365.25 * 24 * 60 * 60 * 1_000);
    assert.ok(years > 9.9 && years < 10.1, `${years} years`);
  });
});
