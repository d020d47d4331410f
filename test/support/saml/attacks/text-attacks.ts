import { attribute, attributeStatement, authnStatement, confirmation, confirmed, nameId } from '../saml-idp.ts';
import { ofCase, type SamlAttack, subjectOf } from './saml-attack.ts';

export const textAttacks: readonly SamlAttack[] = ofCase('S-23', [
  {
    name: 'a document type',
    refused: /document type/,
    change: () => ({ alter: (document) => `<!DOCTYPE Response>${document}` }),
  },
  {
    name: 'an entity',
    refused: /document type/,
    change: () => ({ alter: (document) => `<!DOCTYPE Response [<!ENTITY a "b">]>${document}` }),
  },
  {
    name: 'a processing instruction',
    refused: /processing instruction/,
    change: () => ({ alter: (document) => document.replace('<samlp:Status>', '<?x y?>$&') }),
  },
  {
    name: 'another encoding in the XML declaration',
    refused: /processing instruction/,
    change: () => ({ alter: (document) => `<?xml version="1.0" encoding="UTF-16"?>${document}` }),
  },
  {
    name: 'a comment in the NameID',
    refused: /comment/,
    change: ({ request }) => ({
      subject: subjectOf(nameId('admin@a.example.evil.example'), confirmation(confirmed(request))),
      alter: (document) => document.replace('admin@a.example.evil', 'admin@a.example<!---->.evil'),
    }),
  },
  {
    name: 'a comment in an attribute',
    refused: /comment/,
    change: () => ({
      statements: authnStatement() + attributeStatement(attribute('user_email', 'admin@a.example.evil.example')),
      alter: (document) => document.replace('admin@a.example.evil', 'admin@a.example<!---->.evil'),
    }),
  },
  {
    name: 'NUL',
    refused: /characters that XML forbids/,
    change: () => ({ extensions: '<samlp:Extensions>\0</samlp:Extensions>' }),
  },
  {
    name: 'NUL as a reference',
    refused: /characters that XML forbids/,
    change: () => ({ extensions: '<samlp:Extensions a="&#0;"/>' }),
  },
  {
    name: 'an attribute that occurs twice',
    refused: /redefined/,
    change: () => ({ alter: (document) => document.replace('Version="2.0"', 'Version="2.0" Version="2.0"') }),
  },
  {
    name: 'an attribute without quotes',
    refused: /well-formed/,
    change: () => ({ alter: (document) => document.replace('Version="2.0"', 'Version=2.0') }),
  },
  { name: 'an unclosed element', refused: /well-formed|error/, change: () => ({ alter: (document) => document.slice(0, -5) }) },
  { name: 'text after the root', refused: /root|error/i, change: () => ({ alter: (document) => `${document}text` }) },
]);
