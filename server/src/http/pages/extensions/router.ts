import { Router } from 'express';
import type { Services } from '../../services.ts';
import { rawBody, receiveSlackAction } from './slack-action.ts';
import { finishSlackSetup, slackSetupPath } from './slack-setup.ts';

/** The paths that providers of integrations call, or send a browser back to. */
export function extensionsRouter(services: Services): Router {
  const router = Router({ strict: true, caseSensitive: true });
  router.get(slackSetupPath, finishSlackSetup(services));
  router.post('/extensions/slack/action/', rawBody, receiveSlackAction(services));
  return router;
}
