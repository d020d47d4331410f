import { Router } from 'express';
import { smallForm } from '../../../http/pages/small-form.ts';
import { finishGitHubSetup, gitHubSetupPath } from '../github/github-setup.ts';
import { receiveGitHubNotice } from '../github/github-webhook.ts';
import { gitLabSetupPath } from '../gitlab/gitlab-client.ts';
import { GitLabDirectory } from '../gitlab/gitlab-directory.ts';
import { connectGitLabGroup } from '../gitlab/gitlab-group.ts';
import { chooseGitLabGroup, gitLabGroupPath } from '../gitlab/gitlab-setup.ts';
import { receiveGitLabNotice } from '../gitlab/gitlab-webhook.ts';
import type { IntegrationServices } from '../services.ts';
import { receiveSlackAction } from '../slack/slack-action.ts';
import { finishSlackSetup, slackSetupPath } from '../slack/slack-setup.ts';
import { rawBody } from './raw-body.ts';

/**
 * The paths that providers of integrations call, or send a browser back to. A provider that the
 * operator has not configured has none.
 */
export function extensionsRouter(services: IntegrationServices): Router {
  const { slack, github, gitlab } = services;
  const router = Router({ strict: true, caseSensitive: true });
  const readBody = rawBody(services);
  if (slack) {
    router.get(slackSetupPath, finishSlackSetup(services, slack));
    router.post('/extensions/slack/action/', readBody, receiveSlackAction(services, slack));
  }
  if (github) {
    router.get(gitHubSetupPath, finishGitHubSetup(services, github));
    router.post('/extensions/github/webhook/', readBody, receiveGitHubNotice(services, github));
  }
  if (gitlab) {
    router.get(gitLabSetupPath, chooseGitLabGroup(services, gitlab));
    router.post(gitLabGroupPath, smallForm(services), connectGitLabGroup(services, gitlab));
    router.post('/extensions/gitlab/webhook/:integration/', readBody, receiveGitLabNotice(services, new GitLabDirectory(gitlab)));
  }
  return router;
}
