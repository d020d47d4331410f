import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { hostileExtensions } from '../../support/saml/hostile-response.ts';
import { makeSamlIdp, makeSamlResponse, type SamlIdp, validParts } from '../../support/saml/saml-idp.ts';
import type { Attack, Target } from '../attack.ts';
import { exchange, form, send } from '../client.ts';
import type { TokenBucket } from '../token-bucket.ts';
import { beginLogin, headBytes } from './logins.ts';

/** Attacks with SAML responses. */

/** Responses that are sent at the same time. */
const responders = 20;

/** The ID of the request of a new login. Null if the server refused to begin one. */
async function requestIdOfNewLogin(target: Target): Promise<string | null> {
  const started = await exchange(target, beginLogin(target));
  const request = started?.headers.location && new URL(started.headers.location).searchParams.get('SAMLRequest');
  return request ? / ID="([^"]+)"/.exec(inflateRawSync(Buffer.from(request, 'base64')).toString())![1]! : null;
}

const algorithms = {
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  enveloped: 'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  rsa: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
};

/** A well-formed signature of the response, which no key has made. */
const signature =
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>' +
  `<ds:CanonicalizationMethod Algorithm="${algorithms.exclusive}"/><ds:SignatureMethod Algorithm="${algorithms.rsa}"/>` +
  `<ds:Reference URI="#_r"><ds:Transforms><ds:Transform Algorithm="${algorithms.enveloped}"/></ds:Transforms>` +
  `<ds:DigestMethod Algorithm="${algorithms.sha256}"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>` +
  `<ds:SignatureValue>${'A'.repeat(344)}</ds:SignatureValue></ds:Signature>`;

/** A forged response, of which each element is expensive to parse and to verify. */
function responseTo(requestId: string, { saml: { orgId, origin } }: Target): string {
  const element = '<a xmlns:b="c" xmlns:d="e" f="g"/>';
  const head =
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" Version="2.0" ' +
    `Destination="${origin}/saml/acs/${orgId}/" InResponseTo="${requestId}">`;
  return Buffer.from(`${head}${signature}${element.repeat(900)}</samlp:Response>`).toString('base64');
}

/** More attributes than the limits permit, about 235 KB in base64. */
const excessive = hostileExtensions(900, 22);
/** As many elements and attributes as the limits permit. */
const largest = hostileExtensions(950, 3);

/** A response that the provider has signed, except for its extensions. */
async function signedResponse(requestId: string, { saml }: Target, idp: SamlIdp, extensions: string): Promise<string> {
  const request = { requestId, acsUrl: `${saml.origin}/saml/acs/${saml.orgId}/`, entityId: saml.entityId };
  const ids = { responseId: `_r${randomBytes(8).toString('hex')}`, assertionId: `_a${randomBytes(8).toString('hex')}` };
  const alter = (document: string) => document.replace('<samlp:Status>', `${extensions}<samlp:Status>`);
  return makeSamlResponse({ ...validParts(idp, request), ...ids, alter });
}

async function respondToLogins(
  target: Target,
  bucket: TokenBucket,
  makeResponse: (requestId: string, number: number) => string | Promise<string>,
): Promise<void> {
  for (let number = 0; ; number++) {
    await bucket.take(headBytes);
    const requestId = await requestIdOfNewLogin(target);
    const posted = form({ SAMLResponse: await makeResponse(requestId ?? '_unknown', number) });
    await bucket.take(headBytes + posted.body!.length);
    await exchange(target, { method: 'POST', path: `/saml/acs/${target.saml.orgId}/`, ...posted });
  }
}

const atOnce = async (count: number, run: () => Promise<void>) => void (await Promise.all(Array.from({ length: count }, run)));

export const samlResponses: readonly Attack[] = [
  {
    name: 'saml-responses',
    says: 'forged SAML responses to logins that the attacker began, each expensive to parse',
    run: (target, bucket) => atOnce(responders, () => respondToLogins(target, bucket, (requestId) => responseTo(requestId, target))),
  },
  {
    name: 'saml-strangers',
    says: 'SAML responses of up to 235 KB, signed with an unknown key',
    async run(target, bucket) {
      const stranger = await makeSamlIdp(target.saml.idp.entityId);
      const make = (requestId: string, number: number) =>
        signedResponse(requestId, target, stranger, number % 2 === 0 ? excessive : largest);
      await atOnce(responders, () => respondToLogins(target, bucket, make));
    },
  },
  {
    name: 'saml-customers',
    says: 'SAML responses of up to 235 KB, signed by the provider of a customer with four certificates',
    async run(target, bucket) {
      const make = (requestId: string, number: number) =>
        signedResponse(requestId, target, target.saml.idp, number % 2 === 0 ? excessive : largest);
      await atOnce(responders, () => respondToLogins(target, bucket, make));
    },
  },
  {
    name: 'saml-garbage',
    says: 'texts that are no SAML responses',
    async run(target, bucket) {
      for (;;) {
        const posted = form({ SAMLResponse: randomBytes(90).toString('base64') });
        await bucket.take(headBytes + posted.body!.length);
        await send(target, { method: 'POST', path: `/saml/acs/${target.saml.orgId}/`, ...posted });
      }
    },
  },
];
