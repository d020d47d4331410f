import type { IntegrationRecord } from '@rollcall/protocol';
import type { integrationShape, ResponseOf } from '@rollcall/protocol/rest/shapes';
import { providerSummary } from '../domain/provider-summary.ts';

/** The REST form of integrations (REST contract 13.12). */

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
