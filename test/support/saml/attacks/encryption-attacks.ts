import { decryption, encrypted, ofCase, type SamlAttack, withSignature } from './saml-attack.ts';

export const encryptionAttacks: readonly SamlAttack[] = ofCase('S-31', [
  {
    name: 'an unsigned assertion, encrypted, in an unsigned response',
    refused: decryption,
    change: (context) => ({ signs: 'none', ...encrypted(context) }),
  },
  {
    name: 'two encrypted assertions',
    refused: /exactly one assertion/,
    change: (context) => ({
      ...encrypted(context),
      alter: (document) => document.replace(/<saml:EncryptedAssertion>.*<\/saml:EncryptedAssertion>/s, '$&$&'),
    }),
  },
  {
    name: 'CBC in an unsigned response',
    refused: decryption,
    change: (context) => encrypted(context, { cipher: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc' }),
  },
  {
    name: '3DES in an unsigned response',
    refused: /tripledes/,
    change: (context) => encrypted(context, { cipher: 'http://www.w3.org/2001/04/xmlenc#tripledes-cbc' }),
  },
  {
    name: 'a key encrypted by RSA 1.5',
    refused: /RSA-OAEP/,
    change: (context) => encrypted(context, { keyTransport: 'http://www.w3.org/2001/04/xmlenc#rsa-1_5' }),
  },
  {
    name: 'an assertion encrypted for another service',
    refused: decryption,
    change: (context) => encrypted(context, { certificate: context.foreign.certificate }),
  },
  {
    name: 'a changed ciphertext',
    refused: decryption,
    change: (context) => ({
      ...encrypted(context),
      alter: (document) =>
        document.replace(
          /(<e:CipherValue>|<xenc:CipherValue>)(.)(.*)$/s,
          (_, tag, char, rest) => `${tag}${char === 'A' ? 'B' : 'A'}${rest}`,
        ),
    }),
  },
  {
    name: 'an encrypted assertion, signed with another key',
    refused: decryption,
    change: (context) => ({ ...encrypted(context), ...withSignature(context, { key: context.foreign.key }) }),
  },
  {
    name: 'an encrypted assertion, signed by SHA-1',
    refused: decryption,
    change: (context) => ({
      ...encrypted(context),
      ...withSignature(context, { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
    }),
  },
  {
    name: 'a comment in the encrypted assertion',
    refused: decryption,
    change: (context) => ({
      ...encrypted(context),
      alterAssertion: (assertion) => assertion.replace('>subject-1<', '>subject<!---->-1<'),
    }),
  },
  {
    name: 'an assertion that is not encrypted, although it must be',
    refused: /not encrypted/,
    config: { encrypt: true },
    change: () => ({ signs: 'both' }),
  },
]);
