import * as z from 'zod';
import { integrationProviderSchema, integrationRecordSchema } from '../../outlet-records.ts';
import { id, named, noItems, nothing } from './shape.ts';

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

const externalActor = {
  id,
  provider,
  externalName: z.string(),
  integrationId: id,
  externalId: z.string().optional(),
};

export const externalUserShape = named('ExternalUser', z.object({ ...externalActor, userId: id }));
export const externalTeamShape = named('ExternalTeam', z.object({ ...externalActor, teamId: id }));
