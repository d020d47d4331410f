import type { ExternalTeamRecord, ExternalUserRecord, IntegrationRecord } from '@rollcall/protocol';
import type { externalTeamShape, externalUserShape, integrationShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import { providerSummary } from '../domain/provider-facts.ts';

/** The REST forms of integrations and mappings (REST contract 13.12, 13.13). */

export interface IntegrationOptions {
  /** False for `includeConfig=0`. */
  readonly withConfig: boolean;
  readonly showsConfig: boolean;
}

export function presentIntegration(
  orgId: string,
  { id, provider, name, domainName, externalId, status, config }: IntegrationRecord,
  { withConfig, showsConfig }: IntegrationOptions,
): ResponseOf<typeof integrationShape> {
  return {
    id,
    name,
    icon: null,
    domainName: domainName === '' ? null : domainName,
    accountType: null,
    scopes: null,
    status,
    provider: { ...providerSummary(provider), canDisable: false, aspects: {} },
    ...(withConfig && { configOrganization: [] }),
    configData: withConfig && showsConfig ? config : null,
    externalId,
    organizationId: Number(orgId),
    organizationIntegrationStatus: status,
    gracePeriodEnd: null,
  };
}

function presentActor({ id, provider, externalName, integrationId, externalId }: ExternalUserRecord | ExternalTeamRecord) {
  return { id, provider, externalName, integrationId, ...(externalId !== null && { externalId }) };
}

export function presentExternalUser(record: ExternalUserRecord, userId: string): ResponseOf<typeof externalUserShape> {
  return { ...presentActor(record), userId };
}

export function presentExternalTeam(record: ExternalTeamRecord): ResponseOf<typeof externalTeamShape> {
  return { ...presentActor(record), teamId: record.teamId, ...(record.follows === 'members' && { follows: record.follows }) };
}
