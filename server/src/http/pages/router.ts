import { type RequestHandler, Router } from 'express';
import { features } from '../../features/index.ts';
import { sendUnchanged, withTag } from '../responses/tagged-text.ts';
import type { Services } from '../services.ts';
import { acceptRouter } from './accept-page.ts';
import { pageScript, pageStyle } from './assets.ts';
import { serveAvatars } from './avatar.ts';
import { type FormPage, pageSecurityPolicy, renderNotice, renderPage } from './form-page.ts';
import { pageIcon } from './icon.ts';
import { logOutRouter } from './log-out-page.ts';
import { loginRouter } from './login-page.ts';
import { sendHtml } from './send-html.ts';
import { designTokens, themeScript } from './tokens.ts';

const newPassword = { name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password' } as const;

const endTokens = {
  name: 'endTokens',
  label: 'Also remove all my API tokens. Choose this if someone else may have used your account. Your scripts will need new tokens.',
  type: 'checkbox',
} as const;

const logInLink = { label: 'Log in', path: '/login/' } as const;

/** The pages that the links in emails open. */
export const pages: Readonly<Record<string, FormPage>> = {
  '/forgot-password/': {
    title: 'Forgot your password?',
    intro: 'Enter your email address and we’ll send you a link to reset it.',
    api: '/api/0/auth/password-reset/',
    fields: [{ name: 'email', label: 'Email address', type: 'email', autocomplete: 'username' }],
    submit: 'Send reset link',
    done: 'If an account uses this address, we’ve sent a link to it. The link expires in one hour.',
    link: logInLink,
  },
  '/reset-password/': {
    title: 'Reset your password',
    intro: 'You’ll be logged out everywhere.',
    api: '/api/0/auth/password-reset/confirm/',
    fields: [newPassword, endTokens],
    submit: 'Reset password',
    done: 'Your password was reset. You can now log in.',
    link: logInLink,
    takesLink: true,
  },
  '/remove-email/': {
    title: 'Remove an email address',
    intro:
      'The address named in the email will be removed from your account, and you’ll be logged out everywhere. Then reset your password.',
    api: '/api/0/auth/emails/remove/',
    fields: [endTokens],
    submit: 'Remove address',
    done: 'The address was removed and you were logged out everywhere. Reset your password now.',
    link: { label: 'Reset your password', path: '/forgot-password/' },
    takesLink: true,
  },
  '/verify-email/': {
    title: 'Confirm your email address',
    intro: 'You need to be logged in to the account that added it.',
    api: '/api/0/auth/emails/verify/',
    fields: [],
    submit: 'Confirm',
    done: 'Your email address is confirmed.',
    link: { label: 'Go to the console', path: '/' },
    takesLink: true,
  },
};

/** The console loads the tokens, the theme and the icon as well, so that it looks the same. */
const assets: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  '/pages/page.js': { type: 'text/javascript', text: pageScript },
  '/pages/page.css': { type: 'text/css', text: pageStyle },
  '/pages/tokens.css': { type: 'text/css', text: designTokens },
  '/pages/theme.js': { type: 'text/javascript', text: themeScript },
  '/pages/icon.svg': { type: 'image/svg+xml', text: pageIcon },
  // Browsers look for the icon here if a document, such as the API's description, names none.
  '/favicon.ico': { type: 'image/svg+xml', text: pageIcon },
};

export function pagesRouter(services: Services): Router {
  const { productName } = services;
  const router = Router({ strict: true, caseSensitive: true });
  for (const [path, page] of Object.entries(pages))
    router.get(path, (_request, response) => sendHtml(response, renderPage(productName, page), pageSecurityPolicy));
  router.use(loginRouter(services));
  router.use(logOutRouter(services));
  router.use(acceptRouter(services));
  for (const { pages: open } of features) if (open) router.use(open(services));
  router.get('/organization-avatar/:uuid/', serveAvatars(services));
  for (const [path, { type, text }] of Object.entries(assets)) {
    const tagged = withTag(text);
    router.get(path, (request, response) => {
      if (!sendUnchanged(request, response, tagged)) response.type(type).send(text);
    });
  }
  return router;
}

/**
 * Responds with a page when a browser requests one that does not exist: it would show nothing for a
 * response without a body. Other requests fall through to the API's own 404.
 */
export function showNotFound({ productName }: Services): RequestHandler {
  return (request, response, next) => {
    const isOfBrowser = request.headers.accept?.includes('text/html') && (request.method === 'GET' || request.method === 'HEAD');
    if (!isOfBrowser || !request.path.endsWith('/') || request.path.startsWith('/api/')) return next();
    response.status(404);
    const intro = 'The address may be mistyped, or the page no longer exists.';
    const link = { label: 'Go to the console', path: '/' };
    sendHtml(response, renderNotice(productName, { title: 'Page not found', intro, link }), pageSecurityPolicy);
  };
}
