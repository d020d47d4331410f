import { definitionOf, type IntegrationRecord, type OrgState } from '@rollcall/protocol';
import { stopConsumer } from '../../../consumers/checkpoints.ts';
import { readIntegration } from '../../../database/outlets/mappings.ts';
import { authorize, notFound } from '../../../domain/authorize.ts';
import { removed } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadActorState } from '../../../write-path/load-state.ts';
import { saveRevocation } from '../database/provider-revocations.ts';
import { integrationEvent, managesIntegrations } from '../domain/integrations.ts';
import { integrationConsumerKind } from './integration-rows.ts';

interface Facts {
  readonly state: OrgState;
  readonly integration: IntegrationRecord | null;
}

/**
 * Disconnects an integration and removes its mappings (REST contract 13.12). Its secrets are
 * removed once the connection was ended at the provider.
 */
export const removeIntegration: Command<{ readonly integrationId: string }, Facts, IntegrationRecord> = {
  name: 'remove-integration',

  async load(tx, { integrationId }, { orgId, actor }) {
    const [state, integration] = await Promise.all([loadActorState(tx, orgId, actor), readIntegration(tx, orgId, integrationId)]);
    return { state, integration };
  },

  decide(_input, { state, integration }, { actor }) {
    authorize(state, actor, managesIntegrations);
    if (!integration) throw notFound();
    const note = `removed ${definitionOf(integration.provider).name} integration ${integration.name}`;
    return {
      changes: [removed('integration', integration)],
      audit: [integrationEvent('integration.remove', integration, note)],
      result: integration,
    };
  },

  async persistSideEffects(tx, { result: { id, provider, externalId } }, { orgId }) {
    await saveRevocation(tx, { orgId, integrationId: id, provider, externalId });
    await stopConsumer(tx, { orgId, recordId: id }, integrationConsumerKind);
  },
};
