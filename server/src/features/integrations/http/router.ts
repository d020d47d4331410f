import { Router } from 'express';
import { smallForm } from '../../../http/pages/small-form.ts';
import { finishGitHubSetup, gitHubSetupPath } from '../providers/github/github-setup.ts';
import { receiveGitHubNotice } from '../providers/github/github-webhook.ts';
import { gitLabSetupPath } from '../providers/gitlab/gitlab-client.ts';
import { GitLabDirectory } from '../providers/gitlab/gitlab-directory.ts';
import { connectGitLabGroup } from '../providers/gitlab/gitlab-group.ts';
import { chooseGitLabGroup, gitLabGroupPath } from '../providers/gitlab/gitlab-setup.ts';
import { receiveGitLabNotice } from '../providers/gitlab/gitlab-webhook.ts';
import { receiveSlackAction } from '../providers/slack/slack-action.ts';
import { finishSlackSetup, slackSetupPath } from '../providers/slack/slack-setup.ts';
import type { IntegrationServices } from '../services.ts';
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
