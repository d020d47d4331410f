import * as z from 'zod/mini';
import { dateTimeSchema } from './date-time.ts';
import { idSchema } from './ids.ts';
import { integrationProviders } from './integration-providers.ts';
import { scopeSchema } from './roles.ts';

/**
 * The records that decide what leaves an organization for other tools. They contain no secret: a
 * signing secret or a provider's token is never part of the state.
 */

export const webhookRecordSchema = z.object({
  id: idSchema,
  url: z.string(),
  description: z.string(),
  /** Names of events, or all of a group: `member.*`. Empty means all events. */
  eventTypes: z.array(z.string()),
  /** The webhook gets what these scopes show, as a member with them would see it. */
  scopes: z.array(scopeSchema),
  status: z.enum(['active', 'disabled']),
  /** Why the server disabled the webhook. Null if it is active, or a person disabled it. */
  disabledReason: z.nullable(z.string()),
  secretChangedAt: dateTimeSchema,
  /** The user who created it. The webhook keeps its scopes when they leave. */
  createdBy: z.nullable(idSchema),
  dateCreated: dateTimeSchema,
});
export type WebhookRecord = z.infer<typeof webhookRecordSchema>;

const disabledReasons: Readonly<Record<string, string>> = {
  'failed-too-long': 'deliveries of an event failed for too long',
  gone: 'the receiver responded that it no longer exists (status 410)',
  'history-pruned': 'events that were not delivered yet are no longer in the history',
  unauthorized: 'the receiver refused the credentials',
};

/** The text of a webhook's `disabledReason`, which continues a sentence after "because". */
export function describeDisabledReason(reason: string): string {
  return disabledReasons[reason] ?? 'deliveries failed';
}

export const integrationProviderSchema = z.enum(integrationProviders);

/** An organization of a provider that this organization is connected to. */
export const integrationRecordSchema = z.object({
  id: idSchema,
  provider: integrationProviderSchema,
  name: z.string(),
  /**
   * The organization's address at the provider: `github.com/acme`, `acme.slack.com`. Empty if it
   * has none.
   */
  domainName: z.string(),
  /** The provider's id. At most one organization here is connected to it. */
  externalId: z.string(),
  status: z.enum(['active', 'disabled']),
  /** Why the server disabled the integration. Null if it is active, or a person disabled it. */
  disabledReason: z.nullable(z.string()),
  /** The provider's settings: texts, switches and lists of texts. */
  config: z.record(z.string(), z.union([z.string(), z.boolean(), z.array(z.string())])),
  createdBy: z.nullable(idSchema),
  dateCreated: dateTimeSchema,
});
export type IntegrationRecord = z.infer<typeof integrationRecordSchema>;

/** Maps a person at a provider to a member. */
export const externalUserRecordSchema = z.object({
  id: idSchema,
  provider: integrationProviderSchema,
  integrationId: idSchema,
  memberId: idSchema,
  externalName: z.string(),
  externalId: z.nullable(z.string()),
});
export type ExternalUserRecord = z.infer<typeof externalUserRecordSchema>;

/** Maps a team at a provider to a team. */
export const externalTeamRecordSchema = z.object({
  id: idSchema,
  provider: integrationProviderSchema,
  integrationId: idSchema,
  teamId: idSchema,
  externalName: z.string(),
  externalId: z.nullable(z.string()),
  /** Whether the team's members are those of the provider's team. */
  follows: z.enum(['off', 'members']),
});
export type ExternalTeamRecord = z.infer<typeof externalTeamRecordSchema>;
