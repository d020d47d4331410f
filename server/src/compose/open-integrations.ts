import type { Config } from '../config.ts';
import { Directories } from '../features/integrations/directories/directories.ts';
import { GitHubClient } from '../features/integrations/github/github-client.ts';
import { disconnectGitLab } from '../features/integrations/gitlab/disconnect-gitlab.ts';
import { GitLabClient } from '../features/integrations/gitlab/gitlab-client.ts';
import { GitLabDirectory } from '../features/integrations/gitlab/gitlab-directory.ts';
import { IntegrationConsumer } from '../features/integrations/outlets/integration-consumer.ts';
import type { RevocationParts } from '../features/integrations/outlets/revoke-removed.ts';
import { PagerDutyClient } from '../features/integrations/pagerduty/pagerduty-client.ts';
import { PagerDutyNotifier } from '../features/integrations/pagerduty/pagerduty-notifier.ts';
import { SlackClient } from '../features/integrations/slack/slack-client.ts';
import { botTokenSecret, SlackNotifier } from '../features/integrations/slack/slack-notifier.ts';
import type { Outbound } from '../outbound/outbound.ts';
import type { WritePath } from '../write-path/run-command.ts';

export interface Integrations {
  readonly integrationConsumer: IntegrationConsumer;
  readonly pagerDuty: PagerDutyClient;
  /** Null if the operator has not configured Slack. */
  readonly slack: SlackClient | null;
  /** Null if the operator has not configured GitHub. */
  readonly github: GitHubClient | null;
  /** Null if the operator has not configured GitLab. */
  readonly gitlab: GitLabClient | null;
  readonly directories: Directories;
  readonly revocations: RevocationParts;
}

/**
 * Creates the clients of the providers, the consumer that delivers the log to them, and the reader
 * of their people.
 */
export function openIntegrations(
  { integrations, secret, webhookRetrySeconds }: Config,
  writePath: WritePath,
  outbound: Outbound,
  publicUrl: string,
  pollMs?: number,
): Integrations {
  const { counters, failpoints, log } = writePath;
  const { db } = writePath.database;
  const pagerDuty = new PagerDutyClient(integrations.pagerduty.url);
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
