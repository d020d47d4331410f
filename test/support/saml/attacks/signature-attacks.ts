import { ofCase, type SamlAttack, withSignature } from './saml-attack.ts';

export const signatureAttacks: readonly SamlAttack[] = [
  ...ofCase('S-22', [
    {
      name: 'two SignedInfo',
      refused: /exactly one SignedInfo/,
      change: () => ({ alter: (document) => document.replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/s, '$&$&') }),
    },
    {
      name: 'a comment in DigestValue',
      refused: /comment/,
      change: () => ({ alter: (document) => document.replace('<ds:DigestValue>', '<ds:DigestValue><!--x-->') }),
    },
    {
      name: 'two References',
      refused: /exactly one Reference/,
      change: () => ({ alter: (document) => document.replace(/<ds:Reference .*<\/ds:Reference>/s, '$&$&') }),
    },
    {
      name: 'a third Transform',
      refused: /too many elements Transform/,
      change: ({ valid }) => ({
        signature: { ...valid.signature, transforms: [...valid.signature.transforms, valid.signature.canonicalization] },
      }),
    },
    {
      name: 'an element in DigestValue',
      refused: /exactly one DigestValue/,
      change: () => ({ alter: (document) => document.replace(/<ds:DigestValue>.*<\/ds:DigestValue>/, '$&$&') }),
    },
  ]),
  ...ofCase('S-30', [
    {
      name: 'a signature by SHA-1',
      refused: /SignatureMethod .*rsa-sha1/,
      change: (context) => withSignature(context, { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
    },
    {
      name: 'a digest by SHA-1',
      refused: /DigestMethod .*sha1/,
      change: (context) => withSignature(context, { digest: 'http://www.w3.org/2000/09/xmldsig#sha1' }),
    },
    {
      name: 'HMAC with the certificate as its key',
      refused: /SignatureMethod .*hmac/,
      change: (context) =>
        withSignature(context, {
          algorithm: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
          // The form in which the library holds the certificate.
          key: `${context.idp.certificate.trim()}\n`,
          certificate: null,
        }),
    },
    {
      name: 'the key of the message itself',
      refused: /Invalid signature/,
      change: (context) => withSignature(context, { key: context.foreign.key, certificate: context.foreign.certificate }),
    },
    {
      name: 'canonicalization with comments',
      refused: /CanonicalizationMethod .*WithComments/,
      change: (context) => withSignature(context, { canonicalization: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments' }),
    },
    {
      name: 'a transform with comments',
      refused: /Transform .*WithComments/,
      change: (context) =>
        withSignature(context, {
          transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments'],
        }),
    },
  ]),
];
