import { type Request, type Response, Router } from 'express';
import { runCommand } from '../../write-path/run-command.ts';
import { endSessions } from '../../write-path/users/sessions/end-sessions.ts';
import { serverStreamId } from '../../write-path/users/update-user.ts';
import { clearedSiteData, nullIfNotFound } from '../endpoints/identity/end-session.ts';
import type { Services } from '../services.ts';
import { isForged, sessionOf } from './browser.ts';
import { pageSecurityPolicy, renderNotice, renderPlainForm } from './form-page.ts';
import { readSession } from './read-session.ts';
import { sendHtml } from './send-html.ts';
import { sendPage } from './send-page.ts';

/** The page to which the other pages of the server lead for a log-out. Works without JavaScript. */
const path = '/logout/';

const logInLink = { label: 'Log in', path: '/login/' } as const;

export function logOutRouter(services: Services): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get(path, (request, response) => ask(request, response, services));
  router.post(path, (request, response) => logOut(request, response, services));
  return router;
}

async function ask(request: Request, response: Response, services: Services): Promise<void> {
  const { productName } = services;
  const session = await readSession(request, services);
  if (!session?.session) return sendHtml(response, renderNotice(productName, loggedOut), pageSecurityPolicy);
  sendPage(
    response,
    renderPlainForm(productName, {
      title: 'Log out?',
      intro: `You’re logged in as ${session.session.username}.`,
      action: path,
      submit: 'Log out',
      link: { label: 'Go to the console', path: '/' },
    }),
  );
}

async function logOut(request: Request, response: Response, services: Services): Promise<void> {
  const { productName, writePath } = services;
  if (isForged(request, services)) {
    response.status(403);
    const intro = 'The request came from another site. You’re still logged in.';
    const link = { label: 'Log out', path };
    return sendHtml(response, renderNotice(productName, { title: 'You were not logged out', intro, link }), pageSecurityPolicy);
  }
  const session = await readSession(request, services);
  const owner = sessionOf(session);
  if (session && owner) {
    // Another request may have ended it in between.
    await nullIfNotFound(
      runCommand(writePath, endSessions, {
        orgId: serverStreamId,
        actor: { ...session.actor, address: null, at: Date.now() },
        input: { ...owner, endTokens: false },
        requestId: request.id,
        respond: async () => ({ status: 204 }),
      }),
    );
  }
  response.locals.username = undefined;
  response.setHeader('Set-Cookie', services.sessionCookie.clear());
  response.setHeader('Clear-Site-Data', clearedSiteData);
  sendHtml(response, renderNotice(productName, loggedOut), pageSecurityPolicy);
}

const loggedOut = { title: 'You’re logged out', intro: 'This browser has no session here.', link: logInLink } as const;
