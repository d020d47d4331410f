import { authnStatement, bearer, conditions, confirmation, confirmed, minutes, nameId } from '../saml-idp.ts';
import { bent, ofCase, type SamlAttack, subjectOf } from './saml-attack.ts';

export const addresseeAttacks: readonly SamlAttack[] = [
  {
    case: 'S-25',
    name: 'an assertion without a request in a response to the flow',
    refused: /SubjectConfirmation/,
    change: ({ request }) => ({
      subject: subjectOf(nameId('subject-1'), confirmation({ Recipient: request.acsUrl, NotOnOrAfter: minutes(5) })),
    }),
  },
  ...ofCase('S-26', [
    {
      name: 'another Recipient',
      refused: /SubjectConfirmation/,
      change: (context) => bent(context, { Recipient: context.other.acsUrl }),
    },
    {
      name: 'another request in the confirmation',
      refused: /SubjectConfirmation|InResponseTo/,
      change: (context) => bent(context, { InResponseTo: context.other.requestId }),
    },
    {
      name: 'a confirmation with NotBefore',
      refused: /SubjectConfirmation/,
      change: (context) => bent(context, { NotBefore: minutes(-1) }),
    },
    {
      name: 'an expired confirmation',
      refused: /confirmation/i,
      change: (context) => bent(context, { NotOnOrAfter: minutes(-2) }),
    },
    {
      name: 'a confirmation without an end',
      refused: /./,
      change: ({ request }) => ({
        subject: subjectOf(nameId('subject-1'), confirmation({ Recipient: request.acsUrl, InResponseTo: request.requestId })),
      }),
    },
    {
      name: 'no SubjectConfirmation',
      refused: /SubjectConfirmation/,
      change: () => ({ subject: subjectOf(nameId('subject-1')) }),
    },
    {
      name: 'holder of key',
      refused: /SubjectConfirmation/,
      change: ({ request }) => ({
        subject: subjectOf(nameId('subject-1'), confirmation(confirmed(request), bearer.replace('bearer', 'holder-of-key'))),
      }),
    },
    {
      name: 'another Destination',
      refused: /Destination/,
      change: ({ request, other }) => ({
        responseAttributes: `Destination="${other.acsUrl}" InResponseTo="${request.requestId}"`,
      }),
    },
    {
      name: 'a response to another request',
      refused: /another request/,
      change: ({ request, other }) => ({
        responseAttributes: `Destination="${request.acsUrl}" InResponseTo="${other.requestId}"`,
      }),
    },
    {
      name: 'another Issuer of the response',
      refused: /response is of another provider/,
      change: () => ({ responseIssuer: '<saml:Issuer>https://evil.example</saml:Issuer>' }),
    },
    {
      name: 'another Issuer of the assertion',
      refused: /assertion is of another provider/,
      change: () => ({ assertionIssuer: '<saml:Issuer>https://evil.example</saml:Issuer>' }),
    },
    { name: 'another Audience', refused: /audience/i, change: ({ other }) => ({ conditions: conditions(other.entityId) }) },
    {
      name: 'a second AudienceRestriction for another service',
      refused: /audience/i,
      change: ({ request }) => ({
        conditions: conditions(request.entityId).replace(
          '</saml:Conditions>',
          '<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>$&',
        ),
      }),
    },
    {
      name: 'no AudienceRestriction',
      refused: /Audience/,
      change: () => ({ conditions: `<saml:Conditions NotBefore="${minutes(-1)}" NotOnOrAfter="${minutes(5)}"/>` }),
    },
    { name: 'no Conditions', refused: /./, change: () => ({ conditions: '' }) },
    {
      name: 'two Conditions',
      refused: /Conditions|conditions/,
      change: ({ request }) => ({ conditions: conditions(request.entityId).repeat(2) }),
    },
    {
      name: 'an expired assertion',
      refused: /expired/,
      change: ({ request }) => ({
        conditions: conditions(request.entityId, { NotBefore: minutes(-9), NotOnOrAfter: minutes(-2) }),
      }),
    },
    {
      name: 'an assertion that is not valid yet',
      refused: /not (yet )?valid/,
      change: ({ request }) => ({
        conditions: conditions(request.entityId, { NotBefore: minutes(2), NotOnOrAfter: minutes(5) }),
      }),
    },
    {
      name: 'no NotOnOrAfter',
      refused: /NotOnOrAfter|expired/,
      change: ({ request }) => ({ conditions: conditions(request.entityId, { NotBefore: minutes(-1) }) }),
    },
    {
      name: 'a status of failure',
      refused: /the provider reports .*Responder/,
      change: () => ({
        status: '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"/></samlp:Status>',
      }),
    },
    { name: 'no AuthnStatement', refused: /AuthnStatement/, change: () => ({ statements: '' }) },
    {
      name: 'a session that has ended at the provider',
      refused: /session at the provider/,
      change: () => ({ statements: authnStatement(`SessionNotOnOrAfter="${minutes(-0.1)}"`) }),
    },
  ]),
];
