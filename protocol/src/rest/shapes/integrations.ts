import * as z from 'zod';
import { integrationProviderSchema, integrationRecordSchema } from '../../outlet-records.ts';
import { alwaysNull, dateTime, id, named, noItems, nothing } from './shape.ts';

/** REST contract 13.12 and 13.13. */

const provider = z.enum(integrationProviderSchema.options).describe('Key of the provider.');
const status = z.enum(integrationRecordSchema.shape.status.options).describe('A disabled integration receives nothing.');

const providerFields = {
  key: provider.describe('Key of the provider.'),
  slug: z.string().describe('Same as `key`.'),
  name: z.string().describe('Display name of the provider.'),
  canAdd: z.boolean().describe('Whether this server is configured for the provider.'),
  features: z.array(z.string()).describe('Names of the features that the provider supports.'),
};

export const integrationProvidersShape = named(
  'IntegrationProviders',
  'The providers of integrations.',
  z.object({
    providers: z
      .array(
        z.object({
          ...providerFields,
          metadata: z
            .object({
              description: z.string().describe('The purpose of the integration.'),
              features: z
                .array(
                  z.object({
                    description: z.string().describe('Description of the feature.'),
                    featureGate: z.string().describe('Name of the feature.'),
                  }),
                )
                .describe('Descriptions of the features.'),
              author: z.string().describe('The author of the integration.'),
              noun: z.string().describe('The word for one connection, such as `Installation`.'),
              issue_url: z.string().describe('Where to report problems.'),
              source_url: z.string().describe('Where the source is published.'),
              aspects: nothing,
            })
            .describe('Texts about the provider, for a page.'),
          canDisable: z.boolean().describe('Always false. Clients of Sentry expect it.'),
        }),
      )
      .describe('The providers that an organization can be connected to.'),
  }),
);

export const integrationShape = named(
  'Integration',
  'A connection of an organization to a provider.',
  z.object({
    id: id.describe('Id of the integration.'),
    name: z.string().describe('Name of the organization at the provider.'),
    icon: alwaysNull,
    domainName: z
      .string()
      .nullable()
      .describe('Address of the organization at the provider, such as `github.com/acme`. Null if it has none.'),
    accountType: alwaysNull,
    scopes: alwaysNull,
    status,
    provider: z
      .object({ ...providerFields, canDisable: z.boolean().describe('Always false. Clients of Sentry expect it.'), aspects: nothing })
      .describe('The provider of the integration.'),
    configOrganization: noItems.optional().describe('Absent with `includeConfig=0`.'),
    configData: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('Null with `includeConfig=0`, and for callers who may not manage integrations.'),
    externalId: z.string().describe('Id of the organization at the provider.'),
    organizationId: z.int().describe('Id of the organization here, as a number.'),
    organizationIntegrationStatus: status.describe('Same as `status`.'),
    gracePeriodEnd: alwaysNull,
  }),
);

export const installShape = named(
  'IntegrationInstall',
  'The first step of connecting a provider.',
  z.object({ url: z.string().describe('A page of the provider. The same browser must open it.') }),
);

export const integrationTestShape = named(
  'IntegrationTest',
  'The outcome of a test message.',
  z.object({
    status: z.int().nullable().describe('The HTTP status, or null without a response.'),
    ms: z.int().describe('Duration of the request in milliseconds.'),
    response: z.string().nullable().describe('The first KiB of the provider’s response. Null without a response.'),
    error: z.string().nullable().describe('Null if the provider accepted the message.'),
  }),
);

export const slackChannelsShape = named(
  'SlackChannels',
  'A page of Slack channels.',
  z.object({
    channels: z
      .array(
        z.object({
          id: z.string().describe('Id of the channel at Slack, such as `C024BE91L`.'),
          name: z.string().describe('Name of the channel.'),
          isJoined: z.boolean().describe('Whether the app may post in it.'),
        }),
      )
      .describe('The channels of this page.'),
    next: z.string().nullable().describe('The cursor of the next page. Null after the last one.'),
    error: z.string().nullable().describe('Why Slack returned no channels. Null if Slack returned them.'),
  }),
);

export const integrationDeliveryShape = named(
  'IntegrationDelivery',
  'An attempt to send an event to a provider.',
  z.object({
    id: id.describe('Id of the attempt.'),
    eventId: z.string().describe('Id of the event.'),
    type: z.string().describe('Type of the event, such as `member.added`.'),
    attempt: z.int().describe('Number of the attempt for this event, starting at 1.'),
    at: dateTime.describe('Time of the attempt.'),
    ms: z.int().describe('Duration of the request in milliseconds.'),
    status: z.int().nullable().describe('The HTTP status of the response. Null without a response.'),
    error: z.string().nullable().describe('Why the attempt failed. Null if it succeeded.'),
    response: z.string().nullable().describe('The first KiB of the response. Null without a response.'),
    nextAttemptAt: dateTime.nullable().describe('Time of the next attempt. Null if there is none.'),
  }),
);

const externalActor = {
  id: id.describe('Id of the mapping.'),
  provider,
  externalName: z.string().describe('Name at the provider.'),
  integrationId: id.describe('Id of the integration.'),
  externalId: z.string().optional().describe('Id at the provider. Absent if it is unknown.'),
};

export const externalUserShape = named(
  'ExternalUser',
  'A mapping of a person at a provider to a user.',
  z.object({ ...externalActor, userId: id.describe('Id of the mapped user.') }),
);
export const externalTeamShape = named(
  'ExternalTeam',
  'A mapping of a team at a provider to a team.',
  z.object({
    ...externalActor,
    teamId: id.describe('Id of the mapped team.'),
    follows: z
      .literal('members')
      .optional()
      .describe('`members` if the team’s members are kept equal to those of the provider’s team. Otherwise absent.'),
  }),
);

const externalRow = z.object({
  externalId: z.string().describe('Id at the provider.'),
  externalName: z.string().describe('Name at the provider.'),
});

export const directoryDriftShape = named(
  'DirectoryDrift',
  'The differences between an organization and the directory of its provider.',
  z.object({
    isReading: z.boolean().describe('Whether the directory of the provider is being read now.'),
    lastReadAt: dateTime.nullable().describe('The last successful reading.'),
    nextReadAt: dateTime.describe('Time of the next reading.'),
    error: z.string().nullable().describe('Why the latest reading failed.'),
    name: z.string().nullable().describe('The current name of the organization at the provider.'),
    people: z.int().describe('The number of people at the provider.'),
    thereNotHere: z
      .object({ count: z.int().describe('Number of these people.'), rows: z.array(externalRow).describe('The first of these people.') })
      .describe('People at the provider who are mapped to no member.'),
    hereNotThere: z
      .object({
        count: z.int().describe('Number of these members.'),
        rows: z
          .array(
            z.object({
              memberId: id.describe('Id of the member.'),
              externalName: z.string().nullable().describe('Name of the person who left the provider, or null.'),
            }),
          )
          .describe('The first of these members.'),
      })
      .describe('Members without a person at the provider. `externalName` is the name of a person who has left the provider.'),
    groups: z.array(externalRow).describe('The teams at the provider whose members a team can have, by `follows`.'),
    needsConfirmation: z
      .array(
        z.object({
          teamId: id.nullable().describe('Id of the team. Null for members who would be removed from the organization.'),
          added: z.int().describe('Number of members that the change would add.'),
          removed: z.int().describe('Number of members that the change would remove.'),
          current: z.int().describe('Number of members that the team has now. Without a team, the number of mapped members.'),
        }),
      )
      .describe('Large changes of teams with `follows`, and large removals of members. They are made only after a confirmation.'),
  }),
);
