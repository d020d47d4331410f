import { type RequestHandler, type Response, Router } from 'express';
import { addressOf } from '../caller-address.ts';
import type { Services } from '../services.ts';
import { acceptPage } from './accept-page.ts';
import { pageScript, pageStyle } from './assets.ts';
import { answerAvatars } from './avatar.ts';
import { pageIcon } from './icon.ts';
import { type Page, pageSecurityPolicy, renderNotice, renderPage } from './page.ts';
import { designTokens, themeScript } from './tokens.ts';

const newPassword = { name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password' } as const;

const endTokens = {
  name: 'endTokens',
  label:
    'Also end all API tokens of my account. Choose this if another person may have used the account; your scripts then need new tokens.',
  type: 'checkbox',
} as const;

const logInLink = { label: 'Log in', path: '/login/' } as const;

/** Where the links in mails lead. */
export const pages: Readonly<Record<string, Page>> = {
  '/forgot-password/': {
    title: 'Forgot your password?',
    intro: 'Enter the e-mail address of your account, and we send you a link.',
    api: '/api/0/auth/password-reset/',
    fields: [{ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username' }],
    submit: 'Send the link',
    done: 'If there is such an account, a link is on its way. It works for an hour.',
    link: logInLink,
  },
  '/reset-password/': {
    title: 'Set another password',
    intro: 'This logs you out everywhere.',
    api: '/api/0/auth/password-reset/confirm/',
    fields: [newPassword, endTokens],
    submit: 'Set the password',
    done: 'Your password was set. You can log in with it.',
    link: logInLink,
    takesLink: true,
  },
  '/remove-email/': {
    title: 'Remove an address from your account',
    intro: 'This removes the address that the mail names, and logs you out everywhere. Then set another password.',
    api: '/api/0/auth/emails/remove/',
    fields: [endTokens],
    submit: 'Remove the address',
    done: 'The address was removed, and all sessions have ended. Set another password now.',
    link: { label: 'Set another password', path: '/forgot-password/' },
    takesLink: true,
  },
  '/verify-email/': {
    title: 'Confirm your e-mail address',
    intro: 'You must be logged in as whoever added it.',
    api: '/api/0/auth/emails/verify/',
    fields: [],
    submit: 'Confirm',
    done: 'The address is confirmed.',
    link: { label: 'Go to the console', path: '/' },
    takesLink: true,
  },
};

/** The console links to three of them too: its look is the same. */
const assets: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  '/pages/page.js': { type: 'text/javascript', text: pageScript },
  '/pages/page.css': { type: 'text/css', text: pageStyle },
  '/pages/tokens.css': { type: 'text/css', text: designTokens },
  '/pages/theme.js': { type: 'text/javascript', text: themeScript },
  '/pages/icon.svg': { type: 'image/svg+xml', text: pageIcon },
  // Where browsers look for it when a document, such as the API's description, names none.
  '/favicon.ico': { type: 'image/svg+xml', text: pageIcon },
};

function loginPage(next: string): Page {
  return {
    title: 'Log in',
    intro: 'With the e-mail address of your account.',
    api: '/api/0/auth/login/',
    fields: [
      { name: 'username', label: 'E-mail address', type: 'email', autocomplete: 'username' },
      { name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' },
      { name: 'otp', label: 'Code of your second factor', type: 'text', autocomplete: 'one-time-code', isHidden: true },
    ],
    submit: 'Log in',
    done: 'You are logged in.',
    next,
    takesNext: true,
    link: { label: 'Forgot your password?', path: '/forgot-password/' },
  };
}

export function pagesRouter(services: Services): Router {
  const { publicUrl, productName } = services;
  const router = Router({ strict: true, caseSensitive: true });
  for (const [path, page] of Object.entries(pages)) router.get(path, (_request, response) => sendPage(response, productName, page));
  router.get('/login/', (request, response) => {
    const next = new URL(request.originalUrl, publicUrl).searchParams.get('next');
    sendPage(response, productName, loginPage(next === null ? '/' : localPathOf(next, publicUrl)));
  });
  router.get('/accept/:member/:token/', async (request, response) => {
    const { params, headers } = request;
    sendHtml(response, await acceptPage(services, { ...params, cookie: headers.cookie, ipAddress: addressOf(request) }));
  });
  router.get('/organization-avatar/:uuid/', answerAvatars(services));
  for (const [path, { type, text }] of Object.entries(assets))
    router.get(path, (_request, response) => void response.type(type).send(text));
  return router;
}

/** For people: a browser shows nothing of an answer without a body. What is no page of a browser's goes on to the API's own 404. */
export function showNotFound({ productName }: Services): RequestHandler {
  return (request, response, next) => {
    const isOfBrowser = request.headers.accept?.includes('text/html') && (request.method === 'GET' || request.method === 'HEAD');
    if (!isOfBrowser || !request.path.endsWith('/') || request.path.startsWith('/api/')) return next();
    response.status(404);
    const intro = 'The address may be mistyped, or what it led to is gone.';
    const link = { label: 'Go to the console', path: '/' };
    sendHtml(response, renderNotice(productName, { title: 'There is nothing here', intro, link }));
  };
}

function sendPage(response: Response, productName: string, page: Page): void {
  sendHtml(response, renderPage(productName, page));
}

function sendHtml(response: Response, html: string): void {
  response.setHeader('Content-Security-Policy', pageSecurityPolicy);
  response.setHeader('Cache-Control', 'no-store');
  response.type('html').send(html);
}

/** Nobody is sent to another site by a link to ours. */
export function localPathOf(next: string, publicUrl: string): string {
  if (!URL.canParse(next, publicUrl)) return '/';
  const url = new URL(next, publicUrl);
  // Two slashes at the beginning would name a host.
  const path = url.pathname.replace(/^\/+/, '/');
  return url.origin === new URL(publicUrl).origin ? `${path}${url.search}${url.hash}` : '/';
}
