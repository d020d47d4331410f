import { attribute, attributeStatement, authnStatement, confirmation, confirmed, nameId } from '../saml-idp.ts';
import { ofCase, type SamlAttack, subjectOf, withSignature } from './saml-attack.ts';

export const factAttacks: readonly SamlAttack[] = [
  ...ofCase('S-32', [
    {
      name: 'an attribute named nameID without a NameID',
      refused: /exactly one NameID/,
      change: ({ request }) => ({
        subject: subjectOf(confirmation(confirmed(request))),
        statements: authnStatement() + attributeStatement(attribute('nameID', 'admin')),
      }),
    },
    {
      name: 'one attribute twice',
      refused: /an attribute occurs twice/,
      change: () => ({
        statements:
          authnStatement() + attributeStatement(attribute('user_email', 'jane@example.com'), attribute('user_email', 'admin@example.com')),
      }),
    },
    {
      name: 'one attribute in two statements',
      refused: /an attribute occurs twice/,
      change: () => ({
        statements: authnStatement() + attributeStatement(attribute('a', 'b')) + attributeStatement(attribute('a', 'c')),
      }),
    },
    {
      name: 'two NameIDs',
      refused: /exactly one NameID/,
      change: ({ request }) => ({ subject: subjectOf(nameId('subject-1'), nameId('admin'), confirmation(confirmed(request))) }),
    },
    {
      name: 'an empty NameID',
      refused: /no identifier/,
      change: ({ request }) => ({ subject: subjectOf(nameId(' '), confirmation(confirmed(request))) }),
    },
    {
      name: 'a transient NameID',
      refused: /transient/,
      change: ({ request }) => ({
        subject: subjectOf(nameId('subject-1', 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'), confirmation(confirmed(request))),
      }),
    },
  ]),
  ...ofCase('S-33', [
    {
      name: 'quotes in an ID',
      refused: /an ID is not a valid XML name/,
      change: () => ({ responseId: '_a&quot; or &quot;1&quot;=&quot;1' }),
    },
    {
      name: 'XPath in InResponseTo',
      refused: /another request/,
      change: ({ request }) => ({ responseAttributes: `Destination="${request.acsUrl}" InResponseTo="' or '1'='1"` }),
    },
  ]),
  ...ofCase('S-34', [
    {
      name: 'a response for another organization',
      refused: /InResponseTo/,
      change: ({ request, other }) => ({
        responseAttributes: `InResponseTo="${request.requestId}"`,
        subject: subjectOf(nameId('subject-1'), confirmation(confirmed(other))),
      }),
    },
    {
      name: 'a certificate that was taken out',
      refused: /Invalid signature/,
      change: (context) => withSignature(context, { key: context.foreign.key, certificate: context.foreign.certificate }),
    },
  ]),
];
