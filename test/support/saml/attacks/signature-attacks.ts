import { type SamlAttack, withSignature } from './saml-attack.ts';

export const signatureAttacks: readonly SamlAttack[] = [
  {
    case: 'S-22',
    name: 'two SignedInfo',
    refused: /exactly one SignedInfo/,
    change: () => ({ alter: (document) => document.replace(/<ds:SignedInfo>.*<\/ds:SignedInfo>/s, '$&$&') }),
  },
  {
    case: 'S-22',
    name: 'a comment in DigestValue',
    refused: /comment/,
    change: () => ({ alter: (document) => document.replace('<ds:DigestValue>', '<ds:DigestValue><!--x-->') }),
  },
  {
    case: 'S-22',
    name: 'two References',
    refused: /exactly one Reference/,
    change: () => ({ alter: (document) => document.replace(/<ds:Reference .*<\/ds:Reference>/s, '$&$&') }),
  },
  {
    case: 'S-22',
    name: 'a third Transform',
    refused: /too many elements Transform/,
    change: ({ valid }) => ({
      signature: { ...valid.signature, transforms: [...valid.signature.transforms, valid.signature.canonicalization] },
    }),
  },
  {
    case: 'S-22',
    name: 'an element in DigestValue',
    refused: /exactly one DigestValue/,
    change: () => ({ alter: (document) => document.replace(/<ds:DigestValue>.*<\/ds:DigestValue>/, '$&$&') }),
  },
  {
    case: 'S-30',
    name: 'a signature by SHA-1',
    refused: /SignatureMethod .*rsa-sha1/,
    change: (context) => withSignature(context, { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }),
  },
  {
    case: 'S-30',
    name: 'a digest by SHA-1',
    refused: /DigestMethod .*sha1/,
    change: (context) => withSignature(context, { digest: 'http://www.w3.org/2000/09/xmldsig#sha1' }),
  },
  {
    case: 'S-30',
    name: 'HMAC with the certificate as its key',
    refused: /SignatureMethod .*hmac/,
    change: (context) =>
      withSignature(context, { algorithm: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1', key: context.idp.certificate, certificate: null }),
  },
  {
    case: 'S-30',
    name: 'the key of the message itself',
    refused: /Invalid signature/,
    change: ({ foreign, ...context }) => withSignature({ foreign, ...context }, { key: foreign.key, certificate: foreign.certificate }),
  },
  {
    case: 'S-30',
    name: 'canonicalization with comments',
    refused: /CanonicalizationMethod .*WithComments/,
    change: (context) => withSignature(context, { canonicalization: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments' }),
  },
  {
    case: 'S-30',
    name: 'a transform with comments',
    refused: /Transform .*WithComments/,
    change: (context) =>
      withSignature(context, {
        transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments'],
      }),
  },
];
