import { isId } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { bytesOwnerOf } from '../../../http/limits/buffered-bytes.ts';
import { limitAnonymousWrite, networkKeyOf } from '../../../http/limits/limit-requests.ts';
import { whileCounted } from '../../../http/limits/while-counted.ts';
import { redirect } from '../../../http/pages/send-page.ts';
import { readForm } from '../../../http/requests/request-body.ts';
import { type AwaitedFlow, findAwaitedFlow, findProvider, takeAwaitedFlow } from '../flows/flows.ts';
import { signOnLimits } from '../limits.ts';
import { readLoginSlug } from '../queries/login-page.ts';
import { samlServiceOf } from '../saml/saml.ts';
import { spMetadata } from '../saml/sp-metadata.ts';
import { readRequestId } from '../saml/verify-saml-response.ts';
import type { SingleSignOnServices } from '../services.ts';
import { receiveResponse } from './receive-response.ts';
import { assertFewRefused, sendRefusal } from './respond.ts';

/**
 * Receives the response of a SAML provider. Another site posts it, so the browser sends no cookie
 * here. The next page has the cookie, and finishes the login.
 *
 * Anyone may send one. A response to a request that this server has not sent, or that the provider
 * has not signed, is refused within milliseconds and counts against no one. The others are verified
 * in a thread, once per login.
 */
export function receiveSamlResponse(services: SingleSignOnServices): RequestHandler {
  const { rateLimits, callerLimits, buffered } = services;
  return async (request, response) => {
    await limitAnonymousWrite(rateLimits, request, response, 'providerResponse');
    const base64 = await readSamlForm(request, response, services);
    const receive = async (signal: AbortSignal) => {
      const find = () => findLogin(services, String(request.params.org), base64);
      const found = await callerLimits.anonymousWrites.run(find, { keys: [networkKeyOf(request)], closed: signal });
      if ('stray' in found) return refuseStray(request, response, services, found);
      // Slow verifications must not hold up the logins of others.
      await verifyResponse(request, response, services, found, base64!);
    };
    await whileCounted(response, buffered, base64?.length ?? 0, receive);
  };
}

async function refuseStray(
  request: Request,
  response: Response,
  services: SingleSignOnServices,
  { stray, isUnrequested }: Stray,
): Promise<void> {
  const orgId = String(request.params.org);
  // A whole office may begin at its provider's start page.
  if (isUnrequested && (await sendToLogin(response, services, orgId))) return;
  sendRefusal(response, services, { orgId, refusal: { reason: 'not-verified' }, detail: stray });
}

async function verifyResponse(
  request: Request,
  response: Response,
  services: SingleSignOnServices,
  flow: AwaitedFlow,
  base64: string,
): Promise<void> {
  const { singleSignOn } = services;
  await assertFewRefused(request, services, flow);
  const take = () => takeAwaitedFlow(singleSignOn, flow);
  const verified = await singleSignOn.protocols.saml.verify(flow.provider, flow, base64, take);
  await receiveResponse(request, response, services, flow, verified);
}

/** A response that belongs to no login in progress, and the reason for the log. */
interface Stray {
  readonly stray: string;
  /** Whether it names no request, as those of a provider's own start page. */
  readonly isUnrequested?: true;
}

/** The login in progress that sent the request that the response names. */
async function findLogin({ singleSignOn }: SingleSignOnServices, orgId: string, base64: string | null): Promise<AwaitedFlow | Stray> {
  if (base64 === null) return { stray: 'the form does not have exactly one field SAMLResponse' };
  const named = readRequestId(base64);
  if ('refused' in named) return { stray: named.refused };
  if (named.requestId === null) return { stray: 'the response names no request (InResponseTo)', isUnrequested: true };
  const awaited = isId(orgId) ? await findAwaitedFlow(singleSignOn, orgId, named.requestId) : null;
  if (awaited?.provider.config.protocol === 'saml') return awaited;
  return { stray: 'no login in progress sent the request that the response names' };
}

async function readSamlForm(request: Request, response: Response, { buffered }: SingleSignOnServices): Promise<string | null> {
  const form = await readForm(request, response, {
    bytesMax: signOnLimits.responseFormBytes.value,
    buffered,
    owner: bytesOwnerOf(request),
  });
  const [base64, ...others] = form.getAll('SAMLResponse');
  return base64 === undefined || others.length > 0 ? null : base64;
}

/**
 * Drops a response that nothing here has requested, such as one of a provider's own start page. A
 * login that begins here can't be forged.
 */
async function sendToLogin(response: Response, { lookups, singleSignOn }: SingleSignOnServices, orgId: string): Promise<boolean> {
  const provider = isId(orgId) ? await findProvider(singleSignOn, orgId) : null;
  const slug = provider?.config.protocol === 'saml' ? await readLoginSlug(lookups, orgId) : null;
  if (slug === null) return false;
  redirect(response, `/auth/login/${slug}/`);
  return true;
}

/** Serves the metadata that an organization's SAML provider needs, for a draft as well. */
export function serveSamlMetadata({ singleSignOn, publicUrl }: SingleSignOnServices): RequestHandler {
  return async (request, response, next) => {
    const orgId = String(request.params.org);
    const provider = isId(orgId) ? await findProvider(singleSignOn, orgId) : null;
    if (provider === null || provider.spCertificate === null) return next();
    const certificates = [provider.spCertificate, provider.nextSpCertificate].filter((pem) => pem !== null);
    const metadata = spMetadata({ ...samlServiceOf(publicUrl, orgId), certificates });
    response.type('application/samlmetadata+xml').send(metadata);
  };
}
