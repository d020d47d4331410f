import { isId } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { readLoginSlug } from '../../../read-path/queries/single-sign-on/login-page.ts';
import { findAwaitedFlow, findProvider } from '../../../single-sign-on/flows.ts';
import { samlServiceOf } from '../../../single-sign-on/saml/saml.ts';
import { spMetadata } from '../../../single-sign-on/saml/sp-metadata.ts';
import { readRequestId } from '../../../single-sign-on/saml/verify-saml-response.ts';
import { bytesOwnerOf } from '../../limits/buffered-bytes.ts';
import { limitAnonymousWrite, networkKeyOf } from '../../limits/limit-requests.ts';
import { whileCounted } from '../../limits/while-counted.ts';
import { readForm } from '../../requests/request-body.ts';
import type { Services } from '../../services.ts';
import { receiveResponse } from './receive-response.ts';
import { assertFewFailures, redirect, sendFailedLogin } from './respond.ts';

/** Bytes of the form. Its base64 may have 256 KiB, and a part of it is percent-encoded. */
const formBytesMax = 384 * 1024;

/**
 * Receives the response of a SAML provider. Another site posts it, so the browser sends no cookie
 * here. The next page has the cookie, and finishes the login.
 *
 * Anyone may send one, and its verification blocks the event loop for tens of milliseconds. So a
 * network with too many refused responses is refused before its next one is read, and responses are
 * verified a few at a time. Those that begin together may exceed the limit by that number.
 */
export function receiveSamlResponse(services: Services): RequestHandler {
  const { rateLimits, anonymousWrites, buffered } = services;
  return async (request, response) => {
    await limitAnonymousWrite(rateLimits, request, response);
    await assertFewFailures(request, services);
    const base64 = await readSamlForm(request, response, services);
    const receive = async () => {
      // Others of the network were refused while this one waited.
      await assertFewFailures(request, services);
      await receiveForm(request, response, services, base64);
    };
    await whileCounted(response, buffered, base64?.length ?? 0, (signal) => anonymousWrites.run([networkKeyOf(request)], signal, receive));
  };
}

async function receiveForm(request: Request, response: Response, services: Services, base64: string | null): Promise<void> {
  const { singleSignOn } = services;
  const orgId = String(request.params.org);
  const fail = (detail: string) => sendFailedLogin(request, response, services, { orgId, refusal: { reason: 'not-verified' }, detail });
  if (base64 === null) return fail('the form does not have exactly one field SAMLResponse');
  const named = readRequestId(base64);
  if ('refused' in named) return fail(named.refused);
  if (named.requestId === null) {
    const isSent = await sendToLogin(response, services, orgId);
    return isSent ? undefined : fail('the response names no request (InResponseTo)');
  }
  const awaited = isId(orgId) ? await findAwaitedFlow(singleSignOn, orgId, named.requestId) : null;
  if (awaited?.provider.config.protocol !== 'saml') return fail('no login in progress sent the request that the response names');
  const { flow, provider } = awaited;
  const verified = await singleSignOn.protocols.saml.verify(provider, flow.request, base64);
  await receiveResponse(request, response, services, flow, verified);
}

async function readSamlForm(request: Request, response: Response, { buffered }: Services): Promise<string | null> {
  const form = await readForm(request, response, { bytesMax: formBytesMax, buffered, owner: bytesOwnerOf(request) });
  const [base64, ...others] = form.getAll('SAMLResponse');
  return base64 === undefined || others.length > 0 ? null : base64;
}

/**
 * Drops a response that nothing here has requested, such as one of a provider's own start page. A
 * login that begins here can't be forged.
 */
async function sendToLogin(response: Response, { lookups }: Services, orgId: string): Promise<boolean> {
  const slug = isId(orgId) ? await readLoginSlug(lookups, orgId) : null;
  if (slug === null) return false;
  redirect(response, `/auth/login/${slug}/`);
  return true;
}

/** Serves the metadata that an organization's SAML provider needs, for a draft as well. */
export function serveSamlMetadata({ singleSignOn, publicUrl }: Services): RequestHandler {
  return async (request, response, next) => {
    const orgId = String(request.params.org);
    const provider = isId(orgId) ? await findProvider(singleSignOn, orgId) : null;
    if (provider === null || provider.spCertificate === null) return next();
    const certificates = [provider.spCertificate, provider.nextSpCertificate].filter((pem) => pem !== null);
    const metadata = spMetadata({ ...samlServiceOf(publicUrl, orgId), certificates });
    response.setHeader('Cache-Control', 'no-store');
    response.type('application/samlmetadata+xml').send(metadata);
  };
}
