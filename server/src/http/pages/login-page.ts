import { type Request, type Response, Router } from 'express';
import { relyingPartyOf } from '../../identity/passkeys/relying-party.ts';
import { findLoginOrganization, readFirstLoginPage } from '../../read-path/queries/organizations/login-organization.ts';
import { CachedValue } from '../../runtime/collections/cached-value.ts';
import { urlOf } from '../requests/parsed-request.ts';
import type { Services } from '../services.ts';
import { type FormPage, formSecurityPolicy, pageSecurityPolicy, renderPage, renderPlainForm } from './form-page.ts';
import { localPathOf } from './local-path.ts';
import { sendHtml } from './send-html.ts';
import { fieldOf, smallForm } from './small-form.ts';

/**
 * The login page. It asks for the address first if an organization owns a domain, and sends the
 * domain's people to the organization's identity provider. With `password` in the query it asks for
 * the password in any case.
 */
export function loginRouter(services: Services): Router {
  const { lookups, productName, publicUrl } = services;
  const router = Router({ strict: true, caseSensitive: true });
  // Concurrent requests share a query. Without the database, the page asks for the password.
  const passwordOnly = { slug: null, asksEmailFirst: false };
  const first = new CachedValue(() => readFirstLoginPage(lookups, services), {
    ageMsMax: 0,
    waitMsMax: 1_000,
    fallback: passwordOnly,
  });

  router.get('/login/', async (request, response) => {
    const { next, wantsPassword } = readQuery(request, publicUrl);
    const { slug, asksEmailFirst } = wantsPassword ? passwordOnly : await first.read().catch(() => passwordOnly);
    if (slug !== null) return redirectToProvider(response, slug, next);
    if (!asksEmailFirst) return sendHtml(response, renderPage(productName, passwordPage(services, next)), pageSecurityPolicy);
    sendHtml(response, renderEmailForm(productName, next), formSecurityPolicy(null));
  });

  router.post('/login/', smallForm(services), async (request, response) => {
    const { next } = readQuery(request, publicUrl);
    const address = fieldOf(request, 'email')?.trim() ?? '';
    const slug = await findLoginOrganization(lookups, address);
    if (slug !== null) return redirectToProvider(response, slug, next);
    sendHtml(response, renderPage(productName, passwordPage(services, next, address)), pageSecurityPolicy);
  });
  return router;
}

/** The path of the login page that asks for the password in any case. */
export function passwordLoginPath(next: string): string {
  return next === '/' ? '/login/?password' : `/login/?password&next=${encodeURIComponent(next)}`;
}

function readQuery(request: Request, publicUrl: string): { readonly next: string; readonly wantsPassword: boolean } {
  const { searchParams } = urlOf(request);
  return { next: localPathOf(searchParams.get('next') ?? '/', publicUrl), wantsPassword: searchParams.has('password') };
}

function redirectToProvider(response: Response, slug: string, next: string): void {
  response.redirect(303, `/auth/login/${encodeURIComponent(slug)}/${next === '/' ? '' : `?next=${encodeURIComponent(next)}`}`);
}

function renderEmailForm(productName: string, next: string): string {
  return renderPlainForm(productName, {
    title: 'Log in',
    intro: 'Enter your email address.',
    action: next === '/' ? '/login/' : `/login/?next=${encodeURIComponent(next)}`,
    fields: [{ name: 'email', label: 'Email address', type: 'email', autocomplete: 'username' }],
    submit: 'Continue',
    link: { label: 'Log in with a password', path: passwordLoginPath(next) },
    keepsFragment: true,
  });
}

function passwordPage({ publicUrl }: Services, next: string, email?: string): FormPage {
  return {
    title: 'Log in',
    intro: 'Use your email address and password.',
    api: '/api/0/auth/login/',
    fields: [
      { name: 'username', label: 'Email address', type: 'email', autocomplete: 'username', ...(email !== undefined && { value: email }) },
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' },
      { name: 'otp', label: 'Authentication code', type: 'text', autocomplete: 'one-time-code', isHidden: true },
    ],
    submit: 'Log in',
    passkeyApi: relyingPartyOf(publicUrl) ? '/api/0/auth/passkey/' : null,
    done: 'You’re logged in.',
    next,
    takesNext: true,
    link: { label: 'Forgot your password?', path: '/forgot-password/' },
  };
}
