import type { Services } from '../../http/services.ts';
import type { FeatureCore } from '../feature.ts';
import { Directories } from './directories/directories.ts';
import { IntegrationConsumer } from './outlets/integration-consumer.ts';
import type { RevocationParts } from './outlets/revoke-removed.ts';
import { GitHubClient } from './providers/github/github-client.ts';
import { disconnectGitLab } from './providers/gitlab/disconnect-gitlab.ts';
import { GitLabClient } from './providers/gitlab/gitlab-client.ts';
import { GitLabDirectory } from './providers/gitlab/gitlab-directory.ts';
import { PagerDutyClient } from './providers/pagerduty/pagerduty-client.ts';
import { PagerDutyNotifier } from './providers/pagerduty/pagerduty-notifier.ts';
import { SlackClient } from './providers/slack/slack-client.ts';
import { botTokenSecret, SlackNotifier } from './providers/slack/slack-notifier.ts';
import type { IntegrationServices } from './services.ts';

export interface Integrations extends Omit<IntegrationServices, keyof Services | 'integrations'> {
  readonly revocations: RevocationParts;
}

/**
 * Creates the clients of the providers, the consumer that delivers the log to them, and the reader
 * of their people.
 */
export function openIntegrations({ config, writePath, outbound, publicUrl, integrationsPollMs: pollMs }: FeatureCore): Integrations {
  const { integrations, secret, webhookRetrySeconds } = config;
  const { counters, failpoints, log } = writePath;
  const { db } = writePath.database;
  const pagerDuty = new PagerDutyClient(integrations.pagerduty!.url);
  const slack = integrations.slack && new SlackClient(integrations.slack);
  const github = integrations.github && new GitHubClient(integrations.github);
  const gitlab = integrations.gitlab && new GitLabClient(integrations.gitlab, outbound, publicUrl);
  const notifiers = {
    pagerduty: new PagerDutyNotifier({ db, client: pagerDuty, publicUrl }),
    ...(slack && { slack: new SlackNotifier({ db, client: slack, publicUrl }) }),
  };
  const revokes: RevocationParts['revokes'] = {
    ...(github && { github: (connection) => github.revoke(connection) }),
    ...(gitlab && { gitlab: (connection) => disconnectGitLab(gitlab, connection) }),
    ...(slack && { slack: ({ secrets }) => slack.revoke(secrets[botTokenSecret] ?? '') }),
  };
  const directories = new Directories({
    ...{ db, writePath, key: secret, counters, failpoints, log, retrySeconds: webhookRetrySeconds, pollMs },
    directories: { ...(github && { github: github.directory }), ...(gitlab && { gitlab: new GitLabDirectory(gitlab) }) },
  });
  return {
    pagerDuty,
    slack,
    github,
    gitlab,
    directories,
    integrationConsumer: new IntegrationConsumer({ db, writePath, key: secret, notifiers }),
    revocations: { db, key: secret, log, revokes, intervalMs: pollMs },
  };
}
