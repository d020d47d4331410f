import * as z from 'zod';
import { integrationProviderSchema, integrationRecordSchema } from '../../outlet-records.ts';
import { dateTime, id, named, noItems, nothing } from './shape.ts';

/** REST contract 13.12 and 13.13. */

const provider = z.enum(integrationProviderSchema.options);

const providerFields = {
  key: provider,
  slug: z.string(),
  name: z.string(),
  canAdd: z.boolean(),
  features: z.array(z.string()),
};

export const integrationProvidersShape = named(
  'IntegrationProviders',
  z.object({
    providers: z.array(
      z.object({
        ...providerFields,
        metadata: z.object({
          description: z.string(),
          features: z.array(z.object({ description: z.string(), featureGate: z.string() })),
          author: z.string(),
          noun: z.string(),
          issue_url: z.string(),
          source_url: z.string(),
          aspects: nothing,
        }),
        canDisable: z.boolean(),
      }),
    ),
  }),
);

export const integrationShape = named(
  'Integration',
  z.object({
    id,
    name: z.string(),
    icon: z.null(),
    domainName: z.string().nullable(),
    accountType: z.null(),
    scopes: z.null(),
    status: integrationRecordSchema.shape.status,
    provider: z.object({ ...providerFields, canDisable: z.boolean(), aspects: nothing }),
    configOrganization: noItems.optional().describe('Absent with `includeConfig=0`.'),
    configData: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('Null with `includeConfig=0`, and for callers who may not manage integrations.'),
    externalId: z.string(),
    organizationId: z.int(),
    organizationIntegrationStatus: integrationRecordSchema.shape.status,
    gracePeriodEnd: z.null(),
  }),
);

export const installShape = named(
  'IntegrationInstall',
  z.object({ url: z.string().describe('A page of the provider. The same browser must open it.') }),
);

export const integrationTestShape = named(
  'IntegrationTest',
  z.object({
    status: z.int().nullable().describe('The HTTP status, or null without a response.'),
    ms: z.int(),
    response: z.string().nullable().describe('The first KiB.'),
    error: z.string().nullable().describe('Null if the provider accepted the message.'),
  }),
);

export const slackChannelsShape = named(
  'SlackChannels',
  z.object({
    channels: z.array(z.object({ id: z.string(), name: z.string(), isJoined: z.boolean().describe('Whether the app may post in it.') })),
    next: z.string().nullable().describe('The cursor of the next page. Null after the last one.'),
    error: z.string().nullable().describe('Why Slack returned no channels. Null if it did.'),
  }),
);

export const integrationDeliveryShape = named(
  'IntegrationDelivery',
  z.object({
    id,
    eventId: z.string(),
    type: z.string(),
    attempt: z.int(),
    at: dateTime,
    ms: z.int(),
    status: z.int().nullable(),
    error: z.string().nullable(),
    response: z.string().nullable(),
    nextAttemptAt: dateTime.nullable(),
  }),
);

const externalActor = {
  id,
  provider,
  externalName: z.string(),
  integrationId: id,
  externalId: z.string().optional(),
};

export const externalUserShape = named('ExternalUser', z.object({ ...externalActor, userId: id }));
export const externalTeamShape = named(
  'ExternalTeam',
  z.object({
    ...externalActor,
    teamId: id,
    follows: z
      .literal('members')
      .optional()
      .describe('The members of the team are those of the provider’s team. Absent for a team that does not follow.'),
  }),
);

const externalRow = z.object({ externalId: z.string(), externalName: z.string() });

export const directoryDriftShape = named(
  'DirectoryDrift',
  z.object({
    isReading: z.boolean(),
    lastReadAt: dateTime.nullable().describe('The last successful reading.'),
    nextReadAt: dateTime,
    error: z.string().nullable().describe('Why the latest reading failed.'),
    name: z.string().nullable().describe('The present name of the organization at the provider.'),
    people: z.int().describe('The number of people at the provider.'),
    thereNotHere: z.object({ count: z.int(), rows: z.array(externalRow) }).describe('People at the provider who are mapped to no member.'),
    hereNotThere: z
      .object({ count: z.int(), rows: z.array(z.object({ memberId: id, externalName: z.string().nullable() })) })
      .describe('Members without a person at the provider. `externalName` is that of a person who has left it.'),
    groups: z.array(externalRow).describe('The teams at the provider that can be followed.'),
    needsConfirmation: z
      .array(z.object({ teamId: id, added: z.int(), removed: z.int(), current: z.int() }))
      .describe('Changes of following teams that were not made, because they are large.'),
  }),
);
