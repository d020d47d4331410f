import type { Services } from '../../http/services.ts';
import type { Directories } from './directories/directories.ts';
import type { IntegrationConsumer } from './outlets/integration-consumer.ts';
import type { GitHubClient } from './providers/github/github-client.ts';
import type { GitLabClient } from './providers/gitlab/gitlab-client.ts';
import type { PagerDutyClient } from './providers/pagerduty/pagerduty-client.ts';
import type { SlackClient } from './providers/slack/slack-client.ts';
import type { IntegrationSettings } from './settings.ts';

export interface IntegrationServices extends Services {
  /** The operator's accounts at providers. Null for a provider that is not configured. */
  readonly integrations: IntegrationSettings;
  readonly integrationConsumer: IntegrationConsumer;
  readonly pagerDuty: PagerDutyClient;
  /** Null if the operator has not configured Slack. */
  readonly slack: SlackClient | null;
  /** Reads the people and teams of providers. */
  readonly directories: Directories;
  /** Null if the operator has not configured GitHub. */
  readonly github: GitHubClient | null;
  /** Null if the operator has not configured GitLab. */
  readonly gitlab: GitLabClient | null;
}
