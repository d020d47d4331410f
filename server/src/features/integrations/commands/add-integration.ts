import { definitionOf, type IntegrationProvider, type IntegrationRecord, OrgError, type OrgState } from '@rollcall/protocol';
import { readIntegrations } from '../../../database/outlets/outlet-records.ts';
import { userIdOf } from '../../../domain/actor.ts';
import { authorize } from '../../../domain/authorize.ts';
import { created, updated } from '../../../domain/changes.ts';
import type { Command } from '../../../write-path/command.ts';
import { allocateId, loadActorState } from '../../../write-path/load-state.ts';
import { isBeingRevoked, saveRevocation } from '../database/provider-revocations.ts';
import { integrationEvent, managesIntegrations } from '../domain/integrations.ts';
import { integrationLimits } from '../limits.ts';
import { connectedElsewhere, copySecrets, type IntegrationSecrets, saveSecrets, startIntegration } from './integration-rows.ts';

export interface AddIntegration {
  readonly provider: IntegrationProvider;
  readonly name: string;
  readonly domainName: string;
  readonly externalId: string;
  readonly config: IntegrationRecord['config'];
  readonly secrets: IntegrationSecrets;
  /**
   * ISO 8601. The provider confirmed the connection later. Null if it issued the secrets before.
   */
  readonly confirmedAfter: string | null;
}

interface Facts {
  readonly state: OrgState;
  readonly integrations: readonly IntegrationRecord[];
  readonly id: string;
  readonly secrets: IntegrationSecrets;
  readonly confirmedAfter: string | null;
}

/**
 * Connects the organization to an organization of a provider (REST contract 13.12). Connecting to
 * the same one again replaces its secrets and makes it active. Its settings stay. The former
 * connection is then ended at the provider.
 */
export const addIntegration: Command<AddIntegration, Facts, IntegrationRecord> = {
  name: 'add-integration',

  async load(tx, { secrets, confirmedAfter }, { orgId, actor }) {
    const [state, integrations, id] = await Promise.all([loadActorState(tx, orgId, actor), readIntegrations(tx, orgId), allocateId(tx)]);
    return { state, integrations, id, secrets, confirmedAfter };
  },

  decide({ provider, name, domainName, externalId, config }, { state, integrations, id }, { actor, now, refuseInvalid }) {
    authorize(state, actor, managesIntegrations);
    refuseInvalid();
    const connected = integrations.find((one) => one.provider === provider && one.externalId === externalId);
    const text = `${definitionOf(provider).name} integration ${name}`;
    if (connected) {
      const after: IntegrationRecord = { ...connected, name, domainName, status: 'active', disabledReason: null };
      return {
        changes: updated('integration', connected, after),
        audit: [integrationEvent('integration.edit', after, `connected ${text} again`)],
        result: after,
      };
    }
    if (integrations.length >= integrationLimits.integrations.value)
      throw new OrgError('invalid', `An organization has at most ${integrationLimits.integrations.value} integrations.`);
    const record: IntegrationRecord = {
      ...{ id, provider, name, domainName, externalId, status: 'active', disabledReason: null, config },
      createdBy: userIdOf(actor),
      dateCreated: now,
    };
    return {
      changes: [created('integration', record)],
      audit: [integrationEvent('integration.add', record, `added ${text}`)],
      result: record,
    };
  },

  async persistSideEffects(tx, { result }, { orgId }, { id, secrets, confirmedAfter }) {
    const isNew = result.id === id;
    // The record is saved, so a call to end a former connection either sees it or is seen here.
    if (confirmedAfter !== null && (await isBeingRevoked(tx, result.provider, result.externalId, confirmedAfter))) throw beingRevoked();
    if (!isNew && definitionOf(result.provider).endsByCall) {
      // The integration keeps its id. The new id owns the former secrets until the provider has
      // ended the former connection.
      await copySecrets(tx, orgId, { from: result.id, to: id, key: secrets.key });
      await saveRevocation(tx, { orgId, integrationId: id, provider: result.provider, externalId: result.externalId });
    }
    await saveSecrets(tx, orgId, result.id, secrets);
    await startIntegration(tx, orgId, result, isNew);
  },

  conflicts: { integrations_external_key: connectedElsewhere },
};

function beingRevoked(): OrgError {
  return new OrgError('unavailable', 'The previous connection to this provider is still being revoked. Connect again in a minute.');
}
