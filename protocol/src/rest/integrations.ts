import type { ConnectionFields, FormProvider, IntegrationProvider } from '../integration-providers.ts';
import type {
  directoryDriftShape,
  externalTeamShape,
  externalUserShape,
  installShape,
  integrationDeliveryShape,
  integrationProvidersShape,
  integrationShape,
  integrationTestShape,
  ResponseOf,
  slackChannelsShape,
} from './shapes/index.ts';

export type RestIntegrationProviders = ResponseOf<typeof integrationProvidersShape>;
export type RestIntegration = ResponseOf<typeof integrationShape>;
export type RestExternalUser = ResponseOf<typeof externalUserShape>;
export type RestExternalTeam = ResponseOf<typeof externalTeamShape>;

export type DirectoryDrift = ResponseOf<typeof directoryDriftShape>;

export type IntegrationInstall = ResponseOf<typeof installShape>;
export type IntegrationTest = ResponseOf<typeof integrationTestShape>;
export type IntegrationDelivery = ResponseOf<typeof integrationDeliveryShape>;

export type SlackChannels = ResponseOf<typeof slackChannelsShape>;

export interface SlackChannelPage {
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** The providers that are connected on a page of theirs. */
export type InstalledProvider = Exclude<IntegrationProvider, FormProvider>;

/** A provider with the fields of its form. Secrets are never returned. */
export type NewConnection = { readonly [Key in FormProvider]: { readonly provider: Key } & ConnectionFields<Key> }[FormProvider];

/** The keys that a call sends are changed. The others stay. */
export interface IntegrationChanges {
  /** Names of events, or all of a group: `member.*`. Empty sends none. */
  readonly eventTypes?: readonly string[];
  /** Slack: ids of the channels that get messages. */
  readonly channels?: readonly string[];
  /** PagerDuty: whether risks open alerts. */
  readonly alerts?: boolean;
  /** GitHub and GitLab: whether members are removed when their people leave there. */
  readonly removeMembers?: boolean;
  readonly name?: string;
  readonly status?: RestIntegration['status'];
}

export interface NewExternalUser {
  readonly externalName: string;
  readonly externalId?: string | null;
  readonly provider: IntegrationProvider;
  readonly integrationId: string;
  readonly userId: string;
}

export interface NewExternalTeam {
  readonly externalName: string;
  readonly externalId?: string | null;
  readonly provider: IntegrationProvider;
  readonly integrationId: string;
  /** `members`: the team's members are those of the provider's team. GitHub only. */
  readonly follows?: 'off' | 'members';
}

export interface DriftSearch {
  /** A part of a name, in any case. */
  readonly query?: string;
}
