import type { IntegrationProvider } from '@rollcall/protocol';
import { providerNames } from './integrations.ts';

/** The facts about a provider that Sentry's clients read (REST contract 13.12). */
export interface ProviderFacts {
  readonly description: string;
  /** Sentry's names of the features that the provider has here. */
  readonly features: readonly { readonly name: string; readonly description: string }[];
  readonly noun: string;
  readonly sourceUrl: string;
}

export const providerFacts: Readonly<Record<IntegrationProvider, ProviderFacts>> = {
  github: {
    description: 'Maps the people of a GitHub organization to members, and lists the differences.',
    features: [{ name: 'user-mapping', description: 'Map people and teams of GitHub to members and teams.' }],
    noun: 'Installation',
    sourceUrl: 'https://docs.github.com/rest',
  },
  gitlab: {
    description: 'Maps the people of a GitLab group to members, and lists the differences.',
    features: [{ name: 'user-mapping', description: 'Map people of GitLab to members.' }],
    noun: 'Installation',
    sourceUrl: 'https://docs.gitlab.com/api/',
  },
  pagerduty: {
    description: 'Sends change events, and alerts for risks, to a service of PagerDuty.',
    features: [
      { name: 'alert-rule', description: 'Open an alert for a risk, and resolve it when the risk ends.' },
      { name: 'incident-management', description: 'Show changes of the organization beside incidents.' },
    ],
    noun: 'Service',
    sourceUrl: 'https://developer.pagerduty.com/docs/events-api-v2-overview',
  },
  slack: {
    description: 'Posts messages about changes to channels, with buttons that decide requests.',
    features: [
      { name: 'actionable-notification', description: 'Approve or deny requests to join and to invite.' },
      { name: 'alert-rule', description: 'Post a message to a channel for chosen changes.' },
    ],
    noun: 'Workspace',
    sourceUrl: 'https://docs.slack.dev/',
  },
};

/** The fields that both the list of providers and each integration show. */
export function providerSummary(key: IntegrationProvider) {
  const features = providerFacts[key].features.map(({ name }) => name);
  return { key, slug: key, name: providerNames[key], canAdd: true, features };
}
