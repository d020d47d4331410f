/**
 * The table that states what each provider of integrations is. It is the only list of them: the
 * server's port, the settings, the REST API, the client and the console derive theirs from it.
 */

/** A setting of the operator, which all organizations share. */
export interface ProviderSetting {
  /** The name of the environment variable. */
  readonly variable: string;
  /**
   * `secret`: a text that only the operator knows. `key`: a secret in PEM, with line breaks or `\n`
   * in place of them. `hosts`: host names, in which `*.` stands for any subdomain. Default: a text.
   */
  readonly kind?: 'url' | 'key' | 'secret' | 'hosts';
  /** Without a default, the provider can't be connected until the operator sets the variable. */
  readonly default?: string;
}

/** A field of the form in which a person connects the provider. */
export interface ProviderField {
  /** Its name in the request. */
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly lengthMax: number;
}

export interface ProviderDefinition {
  /** For people. */
  readonly name: string;
  /** The thing that one integration is connected to, such as `Slack workspace`. */
  readonly organization: string;
  /** The purpose, in one sentence. */
  readonly description: string;
  /** Sentry's names of the features that the provider has here. */
  readonly features: readonly { readonly name: string; readonly description: string }[];
  /** The word for one connection. */
  readonly noun: string;
  readonly sourceUrl: string;
  readonly settings: Readonly<Record<string, ProviderSetting>>;
  /** Whether it gets messages about chosen events. */
  readonly getsEvents: boolean;
  /** Whether its people are read, and compared with the members. */
  readonly hasDirectory: boolean;
  /** Whether teams can follow its teams. */
  readonly hasTeams: boolean;
  /** Whether a former connection is ended by a call to the provider. */
  readonly endsByCall: boolean;
  /** Where the id of a person is found. Null if its people are not mapped to members. */
  readonly personIdHint: string | null;
  /**
   * The form in which a person connects it, with an instruction. Null if the person connects it on
   * a page of the provider.
   */
  readonly form: { readonly instruction: string; readonly fields: readonly ProviderField[] } | null;
}

const nameLengthMax = 200;

const nameField = (hint: string) => ({ name: 'name', label: 'Name', hint, lengthMax: nameLengthMax }) as const;

/** Ordered by key, as in responses. */
export const providerTable = {
  github: {
    name: 'GitHub',
    organization: 'GitHub organization',
    description: 'Maps the people of a GitHub organization to members, and lists the differences.',
    features: [{ name: 'user-mapping', description: 'Map people and teams of GitHub to members and teams.' }],
    noun: 'Installation',
    sourceUrl: 'https://docs.github.com/rest',
    settings: {
      appId: { variable: 'GITHUB_APP_ID' },
      appSlug: { variable: 'GITHUB_APP_SLUG' },
      privateKey: { variable: 'GITHUB_APP_PRIVATE_KEY', kind: 'key' },
      clientId: { variable: 'GITHUB_APP_CLIENT_ID' },
      clientSecret: { variable: 'GITHUB_APP_CLIENT_SECRET', kind: 'secret' },
      webhookSecret: { variable: 'GITHUB_WEBHOOK_SECRET', kind: 'secret' },
      /** The base URL of the API. */
      url: { variable: 'GITHUB_URL', kind: 'url', default: 'https://api.github.com' },
    },
    getsEvents: false,
    hasDirectory: true,
    hasTeams: true,
    endsByCall: true,
    personIdHint: 'The person’s number in GitHub. Without it, the mapping uses the name, and is lost if the person changes it.',
    form: null,
  },
  gitlab: {
    name: 'GitLab',
    organization: 'GitLab group',
    description: 'Maps the people of a GitLab group to members, and lists the differences.',
    features: [{ name: 'user-mapping', description: 'Map people of GitLab to members.' }],
    noun: 'Installation',
    sourceUrl: 'https://docs.gitlab.com/api/',
    settings: {
      clientId: { variable: 'GITLAB_CLIENT_ID' },
      clientSecret: { variable: 'GITLAB_CLIENT_SECRET', kind: 'secret' },
      url: { variable: 'GITLAB_URL', kind: 'url', default: 'https://gitlab.com' },
    },
    getsEvents: false,
    hasDirectory: true,
    hasTeams: false,
    endsByCall: true,
    personIdHint: 'The person’s number in GitLab. Without it, the mapping uses the name, and is lost if the person changes it.',
    form: null,
  },
  msteams: {
    name: 'Microsoft Teams',
    organization: 'Microsoft Teams channel',
    description: 'Posts messages about changes to a channel, by a workflow there.',
    features: [{ name: 'alert-rule', description: 'Post a message to a channel for chosen changes.' }],
    noun: 'Channel',
    sourceUrl: 'https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/',
    settings: {
      hosts: { variable: 'MSTEAMS_HOSTS', kind: 'hosts', default: '*.logic.azure.com *.environment.api.powerplatform.com' },
    },
    getsEvents: true,
    hasDirectory: false,
    hasTeams: false,
    // Only a person can remove the workflow.
    endsByCall: false,
    personIdHint: null,
    form: {
      instruction:
        'In Teams, add the workflow “Send webhook alerts to a channel” to a channel, let anyone trigger it, and copy the URL of its webhook.',
      fields: [
        nameField('For example the name of the channel.'),
        {
          name: 'webhookUrl',
          label: 'Webhook URL',
          hint: 'It contains a secret. A test message is posted before the channel is connected.',
          lengthMax: 2_048,
        },
      ],
    },
  },
  pagerduty: {
    name: 'PagerDuty',
    organization: 'PagerDuty service',
    description: 'Sends change events, and alerts for risks, to a service of PagerDuty.',
    features: [
      { name: 'alert-rule', description: 'Open an alert for a risk, and resolve it when the risk ends.' },
      { name: 'incident-management', description: 'Show changes of the organization beside incidents.' },
    ],
    noun: 'Service',
    sourceUrl: 'https://developer.pagerduty.com/docs/events-api-v2-overview',
    settings: { url: { variable: 'PAGERDUTY_URL', kind: 'url', default: 'https://events.pagerduty.com' } },
    getsEvents: true,
    hasDirectory: false,
    hasTeams: false,
    // PagerDuty has no such call, and a service has one key only.
    endsByCall: false,
    personIdHint: null,
    form: {
      instruction: 'In PagerDuty, add an integration of the type Events API v2 to a service, and copy its integration key.',
      fields: [
        nameField('For example the name of the service.'),
        {
          name: 'integrationKey',
          label: 'Integration key',
          hint: '32 letters and digits. A test event is sent before the service is connected.',
          lengthMax: 64,
        },
      ],
    },
  },
  slack: {
    name: 'Slack',
    organization: 'Slack workspace',
    description: 'Posts messages about changes to channels, with buttons that decide requests.',
    features: [
      { name: 'actionable-notification', description: 'Approve or deny requests to join and to invite.' },
      { name: 'alert-rule', description: 'Post a message to a channel for chosen changes.' },
    ],
    noun: 'Workspace',
    sourceUrl: 'https://docs.slack.dev/',
    settings: {
      clientId: { variable: 'SLACK_CLIENT_ID' },
      clientSecret: { variable: 'SLACK_CLIENT_SECRET', kind: 'secret' },
      signingSecret: { variable: 'SLACK_SIGNING_SECRET', kind: 'secret' },
      url: { variable: 'SLACK_URL', kind: 'url', default: 'https://slack.com' },
    },
    getsEvents: true,
    hasDirectory: false,
    hasTeams: false,
    endsByCall: true,
    personIdHint: 'Slack shows it in the person’s profile. It begins with U or W.',
    form: null,
  },
} as const satisfies Readonly<Record<string, ProviderDefinition>>;

type ProviderTable = typeof providerTable;
export type IntegrationProvider = keyof ProviderTable;

/** The providers for which a column of the table is true. */
type ProvidersWith<Column extends keyof ProviderDefinition> = {
  readonly [Key in IntegrationProvider]: ProviderTable[Key][Column] extends true ? Key : never;
}[IntegrationProvider];

export type DirectoryProvider = ProvidersWith<'hasDirectory'>;

/** The providers that are connected in a form. The others are connected on their own page. */
export type FormProvider = {
  readonly [Key in IntegrationProvider]: ProviderTable[Key]['form'] extends null ? never : Key;
}[IntegrationProvider];

/** The fields of a provider's form, by name. */
export type ConnectionFields<Key extends FormProvider> = {
  readonly [Name in NonNullable<ProviderTable[Key]['form']>['fields'][number]['name']]: string;
};

/** The operator's settings of a provider, by name. */
export type ProviderSettings<Key extends IntegrationProvider> = { readonly [Name in keyof ProviderTable[Key]['settings']]: string };

export const integrationProviders = Object.keys(providerTable) as readonly IntegrationProvider[];

export function definitionOf(provider: IntegrationProvider): ProviderDefinition {
  return providerTable[provider];
}

export function isDirectoryProvider(provider: IntegrationProvider): provider is DirectoryProvider {
  return definitionOf(provider).hasDirectory;
}

/** The settings without which the provider can't be connected. */
export function requiredVariables(provider: IntegrationProvider): string[] {
  return Object.values(definitionOf(provider).settings).flatMap((setting) => (setting.default === undefined ? [setting.variable] : []));
}

/**
 * Joins a text of all providers that `isMeant`, for a sentence: `GitHub, GitLab and Slack`.
 * @param isMeant default: all
 */
export function nameProviders(
  column: 'name' | 'organization',
  conjunction: 'and' | 'or',
  isMeant: (definition: ProviderDefinition) => boolean = () => true,
): string {
  const texts = Object.values<ProviderDefinition>(providerTable)
    .filter(isMeant)
    .map((definition) => definition[column]);
  return texts.length === 1 ? texts[0]! : `${texts.slice(0, -1).join(', ')} ${conjunction} ${texts.at(-1)}`;
}
