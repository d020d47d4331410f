import { Router } from 'express';
import { smallForm } from '../../../http/pages/small-form.ts';
import type { SingleSignOnServices } from '../services.ts';
import { oidcCallback } from './callback.ts';
import { finishLogin, linkAccount, replaceSession } from './finish.ts';
import { withBusyPage } from './respond.ts';
import { receiveSamlResponse, serveSamlMetadata } from './saml.ts';
import { showLogin, startLogin } from './start.ts';

/** The pages of logins by single sign-on (REST contract 13.7). They work without JavaScript. */
export function singleSignOnRouter(services: SingleSignOnServices): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get('/auth/login/:slug/', showLogin(services));
  router.post('/auth/sso/:org/start/', smallForm(services), withBusyPage(services, startLogin(services)));
  router.get('/auth/oidc/:org/callback/', withBusyPage(services, oidcCallback(services)));
  router.get('/saml/metadata/:org/', serveSamlMetadata(services));
  router.post('/saml/acs/:org/', withBusyPage(services, receiveSamlResponse(services)));
  router.get('/auth/sso/finish/', withBusyPage(services, finishLogin(services)));
  router.post('/auth/sso/replace/', withBusyPage(services, replaceSession(services)));
  router.post('/auth/sso/link/', withBusyPage(services, linkAccount(services)));
  return router;
}
