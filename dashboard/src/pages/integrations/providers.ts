import type { IntegrationRecord } from '@rollcall/client';

/** The providers as the page shows them. */
export interface ProviderText {
  readonly key: IntegrationRecord['provider'];
  readonly name: string;
  readonly about: string;
  /** The operator's settings without which it can't be connected. */
  readonly variables: readonly string[];
}

export const providerTexts: readonly ProviderText[] = [
  {
    key: 'pagerduty',
    name: 'PagerDuty',
    about: 'Shows changes beside incidents, and opens alerts for risks that resolve by themselves.',
    variables: [],
  },
  {
    key: 'slack',
    name: 'Slack',
    about: 'Posts changes to channels. People approve or deny requests with a button.',
    variables: ['SLACK_CLIENT_ID', 'SLACK_CLIENT_SECRET', 'SLACK_SIGNING_SECRET'],
  },
  {
    key: 'github',
    name: 'GitHub',
    about: 'Compares the people of a GitHub organization with your members.',
    variables: [
      'GITHUB_APP_ID',
      'GITHUB_APP_SLUG',
      'GITHUB_APP_PRIVATE_KEY',
      'GITHUB_APP_CLIENT_ID',
      'GITHUB_APP_CLIENT_SECRET',
      'GITHUB_WEBHOOK_SECRET',
    ],
  },
  {
    key: 'gitlab',
    name: 'GitLab',
    about: 'Compares the people of a GitLab group with your members.',
    variables: ['GITLAB_CLIENT_ID', 'GITLAB_CLIENT_SECRET'],
  },
];

/** The provider's name for people. */
export function nameOfProvider(provider: IntegrationRecord['provider']): string {
  return providerTexts.find(({ key }) => key === provider)!.name;
}

/** Whether the people and teams of the provider are read. The other providers get events. */
export function isDirectory(provider: IntegrationRecord['provider']): boolean {
  return provider === 'github' || provider === 'gitlab';
}

/** The kinds of events that can be chosen. */
export const eventChoices: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'invite.*', label: 'Invitations and requests' },
  { value: 'member.*', label: 'Members' },
  { value: 'team.*', label: 'Teams' },
  { value: 'project.*', label: 'Projects' },
  { value: 'flag.changed', label: 'Security settings' },
  { value: 'setting.changed', label: 'Settings' },
  { value: 'organization.updated', label: 'Name and slug' },
  { value: 'integration.*', label: 'Integrations' },
];
