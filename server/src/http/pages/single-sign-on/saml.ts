import { isId } from '@rollcall/protocol';
import type { Request, RequestHandler, Response } from 'express';
import { readLoginSlug } from '../../../read-path/queries/single-sign-on/login-page.ts';
import { type AwaitedFlow, findAwaitedFlow, findProvider, takeAwaitedFlow } from '../../../single-sign-on/flows.ts';
import { samlServiceOf } from '../../../single-sign-on/saml/saml.ts';
import { spMetadata } from '../../../single-sign-on/saml/sp-metadata.ts';
import { readRequestId } from '../../../single-sign-on/saml/verify-saml-response.ts';
import { bytesOwnerOf } from '../../limits/buffered-bytes.ts';
import { limitAnonymousWrite, networkKeyOf } from '../../limits/limit-requests.ts';
import { whileCounted } from '../../limits/while-counted.ts';
import { announcedBytes, readForm } from '../../requests/request-body.ts';
import type { Services } from '../../services.ts';
import { receiveResponse } from './receive-response.ts';
import { assertFewRefused, countOne, redirect, sendRefusal, straySamlResponses } from './respond.ts';

/** Bytes of the form. Its base64 may have 256 KiB, and a part of it is percent-encoded. */
const formBytesMax = 384 * 1024;

/**
 * Bytes of a form that are also read from a network with many stray responses, so that these don't
 * keep others of the network out. It takes less than a millisecond to find the login that such a
 * form belongs to. Responses have some 10 KB, or 100 KB for a person in hundreds of groups.
 */
const cheapFormBytesMax = 64 * 1024;

/**
 * Receives the response of a SAML provider. Another site posts it, so the browser sends no cookie
 * here. The next page has the cookie, and finishes the login.
 *
 * Anyone may send one, and its verification blocks the event loop for tens of milliseconds. So only
 * a response to a login in progress is verified, once per login. A network with too many refused
 * responses is refused before its next one is read, and responses are verified a few at a time.
 * Those that begin together may exceed the limit by that number.
 */
export function receiveSamlResponse(services: Services): RequestHandler {
  const { rateLimits, anonymousWrites, attempts, buffered } = services;
  return async (request, response) => {
    await limitAnonymousWrite(rateLimits, request, response);
    await assertFewRefused(request, services, 'saml');
    if (announcedBytes(request) > cheapFormBytesMax) await attempts.assertRemaining(straySamlResponses, networkKeyOf(request));
    const base64 = await readSamlForm(request, response, services);
    const receive = async () => {
      // Others of the network were refused while this one waited.
      await assertFewRefused(request, services, 'saml');
      await receiveForm(request, response, services, base64);
    };
    await whileCounted(response, buffered, base64?.length ?? 0, (signal) => anonymousWrites.run([networkKeyOf(request)], signal, receive));
  };
}

async function receiveForm(request: Request, response: Response, services: Services, base64: string | null): Promise<void> {
  const { singleSignOn } = services;
  const orgId = String(request.params.org);
  const found = await takeLogin(services, orgId, base64);
  if ('stray' in found) {
    const reason = (await countOne(request, services, straySamlResponses)) ? 'not-verified' : 'too-many';
    // Also beyond the limit: a whole office may begin at its provider's start page.
    if (found.isUnrequested && (await sendToLogin(response, services, orgId))) return;
    return sendRefusal(response, services, { orgId, refusal: { reason }, detail: found.stray });
  }
  const { flow, provider } = found;
  const verified = await singleSignOn.protocols.saml.verify(provider, flow.request, base64!);
  await receiveResponse(request, response, services, flow, verified);
}

/** A response that belongs to no login in progress, and the reason for the log. */
interface Stray {
  readonly stray: string;
  /** Whether it names no request, as those of a provider's own start page. */
  readonly isUnrequested?: true;
}

/** Takes the login in progress that sent the request that the response names. */
async function takeLogin({ singleSignOn }: Services, orgId: string, base64: string | null): Promise<AwaitedFlow | Stray> {
  if (base64 === null) return { stray: 'the form does not have exactly one field SAMLResponse' };
  const named = readRequestId(base64);
  if ('refused' in named) return { stray: named.refused };
  if (named.requestId === null) return { stray: 'the response names no request (InResponseTo)', isUnrequested: true };
  const awaited = isId(orgId) ? await findAwaitedFlow(singleSignOn, orgId, named.requestId) : null;
  const isTaken = awaited?.provider.config.protocol === 'saml' && (await takeAwaitedFlow(singleSignOn, awaited.flow));
  return isTaken ? awaited : { stray: 'no login in progress sent the request that the response names' };
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
async function sendToLogin(response: Response, { lookups, singleSignOn }: Services, orgId: string): Promise<boolean> {
  const provider = isId(orgId) ? await findProvider(singleSignOn, orgId) : null;
  const slug = provider?.config.protocol === 'saml' ? await readLoginSlug(lookups, orgId) : null;
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
