import { isId } from '@rollcall/protocol';
import type { Request, RequestHandler } from 'express';
import { limitAnonymousWrite, networkKeyOf } from '../../../http/limits/limit-requests.ts';
import { isForged, queryOf } from '../../../http/pages/browser.ts';
import { renderNotice, renderPlainForm } from '../../../http/pages/form-page.ts';
import { localPathOf } from '../../../http/pages/local-path.ts';
import { passwordLoginPath } from '../../../http/pages/login-page.ts';
import { readSession } from '../../../http/pages/read-session.ts';
import { redirect, sendPage } from '../../../http/pages/send-page.ts';
import { fieldOf } from '../../../http/pages/small-form.ts';
import { whenClosed } from '../../../http/requests/parsed-request.ts';
import { isStorable } from '../../../runtime/text/storable-text.ts';
import { leadToProvider, type OpenedFlow, openFlow, type RefusedFlow } from '../flows/flows.ts';
import { readLoginPage } from '../queries/login-page.ts';
import type { SingleSignOnServices } from '../services.ts';
import { sendRefusal } from './respond.ts';

/** The login page of an organization, and the start of a login at its identity provider. */

/**
 * The page is the same for an organization without an active provider and for one that does not
 * exist, so that names of organizations can't be guessed.
 */
export function showLogin(services: SingleSignOnServices): RequestHandler {
  const { productName, singleSignOn, publicUrl, lookups } = services;
  return async (request, response) => {
    const slug = String(request.params.slug);
    const next = queryOf(request, 'next');
    const toPassword = passwordLoginPath(localPathOf(next ?? '/', publicUrl));
    const page = isStorable(slug) ? await readLoginPage(lookups, singleSignOn.key, slug) : null;
    if (!page) {
      const intro =
        'This organization doesn’t use single sign-on, or it doesn’t exist. Log in with your password, or ask the person who sent you here.';
      const link = { label: 'Log in with a password', path: toPassword };
      return sendPage(response, renderNotice(productName, { title: 'Log in', intro, link }));
    }
    const { orgId, provider, requiresSso } = page;
    const target = localPathOf(next ?? `/organizations/${slug}/`, publicUrl);
    const html = renderPlainForm(productName, {
      title: 'Log in',
      intro: `Log in to ${slug} with your account at ${provider.record.name}.`,
      action: `/auth/sso/${orgId}/start/?next=${encodeURIComponent(target)}`,
      submit: `Continue with ${provider.record.name}`,
      link: { label: requiresSso ? 'Log in with a password, for recovery' : 'Log in with a password', path: toPassword },
    });
    sendPage(response, html, await singleSignOn.protocols[provider.config.protocol].loginOrigin(provider));
  };
}

/** Begins a login and sends the browser to the provider. Anyone may begin one. */
export function startLogin(services: SingleSignOnServices): RequestHandler {
  const { singleSignOn, ssoCookie, writePath, rateLimits, callerLimits } = services;
  return async (request, response) => {
    const orgId = String(request.params.org);
    if (isForged(request, services)) return sendRefusal(response, services, { orgId, refusal: { reason: 'forged' } });
    if (!isId(orgId)) return sendRefusal(response, services, { orgId, refusal: { reason: 'no-provider' } });
    await limitAnonymousWrite(rateLimits, request, response);
    const open = () => openLogin(request, services, orgId);
    const opened = await callerLimits.anonymousWrites.run(open, { keys: [networkKeyOf(request)], closed: whenClosed(response) });
    // A slow provider must not hold up the logins of others.
    const begun = 'refused' in opened ? opened : await leadToProvider(singleSignOn, opened);
    if ('refused' in begun) {
      const refusal = { reason: begun.refused };
      if (begun.refused !== 'unreachable') return sendRefusal(response, services, { orgId, refusal });
      const { provider, reason: detail } = begun;
      writePath.counters.increment('ssoLogins', 1, `${provider.protocol} unreachable`);
      return sendRefusal(response, services, { orgId, providerId: provider.id, refusal, detail });
    }
    response.setHeader('Set-Cookie', ssoCookie.add(request.headers.cookie, begun.sealed));
    redirect(response, begun.url.href);
  };
}

async function openLogin(request: Request, services: SingleSignOnServices, orgId: string): Promise<OpenedFlow | RefusedFlow> {
  const { singleSignOn, publicUrl } = services;
  const invite = inviteOf(request);
  const session = await readSession(request, services);
  const bindings = session?.actor.kind === 'user' && session.actor.boundOrgIds !== null ? session.actor.bindings : null;
  return openFlow(singleSignOn, {
    orgId,
    purpose: invite ? 'invite' : 'login',
    invite,
    session: null,
    next: localPathOf(queryOf(request, 'next') ?? '/', publicUrl),
    network: networkKeyOf(request),
    // Users who are logged in already must authenticate again. That makes their login recent.
    forceLogin: bindings?.has(orgId) ?? false,
  });
}

/** The link of an invitation, as the page of the invitation passes it: `<member id>.<token>`. */
function inviteOf(request: Request): { readonly memberId: string; readonly token: string } | null {
  const text = fieldOf(request, 'invite') ?? '';
  const dot = text.indexOf('.');
  return dot < 0 ? null : { memberId: text.slice(0, dot), token: text.slice(dot + 1) };
}
