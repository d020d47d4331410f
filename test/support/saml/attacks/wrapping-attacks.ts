import { sign } from '../saml-idp.ts';
import {
  afterIssuer,
  assertionPattern,
  evil,
  ofCase,
  replaceAssertion,
  type SamlAttack,
  signaturePattern,
  unsigned,
} from './saml-attack.ts';

export const wrappingAttacks: readonly SamlAttack[] = ofCase('S-21', [
  {
    name: 'the signed response inside of an evil one',
    refused: /exactly one assertion/,
    change: (context) => ({
      signs: 'response',
      alter: (document) => {
        const [signature = ''] = signaturePattern.exec(document) ?? [];
        const outer = document.replace('_response1', '_outer').replace(signaturePattern, '').replace(assertionPattern, evil(context));
        return outer.replace(
          '</samlp:Response>',
          `${signature.replace('</ds:Signature>', `${unsigned(document)}</ds:Signature>`)}</samlp:Response>`,
        );
      },
    }),
  },
  {
    name: 'the signed response beside an evil assertion',
    refused: /exactly one assertion/,
    change: (context) => ({
      signs: 'response',
      alter: (document) =>
        document.replace('_response1', '_outer').replace(assertionPattern, (assertion) => `${evil(context)}${document}${assertion}`),
    }),
  },
  {
    name: 'an evil assertion before the signed one',
    refused: /exactly one assertion/,
    change: (context) => replaceAssertion((assertion) => `${evil(context)}${assertion}`),
  },
  {
    name: 'an evil assertion after the signed one',
    refused: /exactly one assertion/,
    change: (context) => replaceAssertion((assertion) => `${assertion}${evil(context)}`),
  },
  {
    name: 'an evil assertion around the signed one',
    refused: /exactly one assertion/,
    change: (context) => replaceAssertion((assertion) => evil(context).replace('</saml:Assertion>', `${assertion}</saml:Assertion>`)),
  },
  {
    name: 'an evil assertion with the signature of another one',
    refused: /exactly one assertion/,
    change: (context) =>
      replaceAssertion((assertion) => {
        const [signature = ''] = signaturePattern.exec(assertion) ?? [];
        return afterIssuer(evil(context), signature) + unsigned(assertion);
      }),
  },
  {
    name: 'the signed assertion inside of the signature of an evil one',
    refused: /exactly one assertion/,
    change: (context) =>
      replaceAssertion((assertion) => {
        const [signature = ''] = signaturePattern.exec(assertion) ?? [];
        return afterIssuer(evil(context), signature.replace('</ds:Signature>', `${unsigned(assertion)}</ds:Signature>`));
      }),
  },
  {
    name: 'the signed assertion in Extensions',
    refused: /exactly one assertion/,
    change: (context) => replaceAssertion((assertion) => `<samlp:Extensions>${assertion}</samlp:Extensions>${evil(context)}`),
  },
  {
    name: 'the signed assertion in ds:Object',
    refused: /exactly one assertion/,
    change: (context) =>
      replaceAssertion((assertion) => {
        const [signature = ''] = signaturePattern.exec(assertion) ?? [];
        return afterIssuer(
          evil(context),
          signature.replace('</ds:Signature>', `<ds:Object>${unsigned(assertion)}</ds:Object></ds:Signature>`),
        );
      }),
  },
  {
    name: 'a ds:Object without an assertion',
    refused: /Object/,
    change: () => ({ alter: (document) => document.replace('</ds:Signature>', '<ds:Object>text</ds:Object></ds:Signature>') }),
  },
  {
    name: 'an evil assertion with the ID of the signed one',
    refused: /exactly one assertion/,
    change: (context) => replaceAssertion((assertion) => `${evil(context, '_assertion1')}${assertion}`),
  },
  {
    name: 'another element with the ID of the signed one',
    refused: /an ID occurs twice/,
    change: () => ({ extensions: '<samlp:Extensions><a iD="_assertion1"/></samlp:Extensions>' }),
  },
  {
    name: 'an assertion of another namespace',
    refused: /exactly one assertion/,
    change: () => ({ extensions: '<samlp:Extensions><Assertion xmlns="urn:other"/></samlp:Extensions>' }),
  },
  {
    name: 'two responses',
    refused: /Only one element|root/,
    change: () => ({ alter: (document) => document + document.replaceAll('_response1', '_r').replaceAll('_assertion1', '_a') }),
  },
  {
    name: 'a signature of another element',
    refused: /a signature is of another element/,
    change: (context) => ({
      signs: 'none',
      extensions: '<samlp:Extensions><a ID="_other"/></samlp:Extensions>',
      alter: (document) => {
        const signed = sign(document, '_other', { ...context.valid.signature, transforms: ['http://www.w3.org/2001/10/xml-exc-c14n#'] });
        const [signature = ''] = signaturePattern.exec(signed) ?? [];
        return document.replace(/(<saml:Assertion .*?<\/saml:Issuer>)/s, `$1${signature}`);
      },
    }),
  },
  {
    name: 'a signature elsewhere in the document',
    refused: /a signature is not a child of the response or the assertion/,
    change: () => ({ alter: (document) => document.replace('</saml:Subject>', `${signaturePattern.exec(document)?.[0]}</saml:Subject>`) }),
  },
  {
    name: 'two signatures of one element',
    refused: /several signatures/,
    change: () => ({ alter: (document) => document.replace(signaturePattern, '$&$&') }),
  },
  { name: 'no signature', refused: /Invalid signature/, change: () => ({ signs: 'none' }) },
  {
    name: 'a changed subject',
    refused: /Invalid signature/,
    change: () => ({ alter: (document) => document.replace('>subject-1<', '>admin<') }),
  },
]);
