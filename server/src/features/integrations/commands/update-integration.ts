import { definitionOf, type IntegrationRecord, isDirectoryProvider, type OrgState } from '@rollcall/protocol';
import { setConsumerActive } from '../../../consumers/checkpoints.ts';
import type { Tx } from '../../../database/database.ts';
import { readIntegration } from '../../../database/outlets/mappings.ts';
import { authorize, notFound } from '../../../domain/authorize.ts';
import { updated } from '../../../domain/changes.ts';
import type { OutgoingMail } from '../../../mail/enqueue-mail.ts';
import type { Command } from '../../../write-path/command.ts';
import { loadOwnerAddresses } from '../../../write-path/commands/mail-recipients.ts';
import { loadActorState } from '../../../write-path/load-state.ts';
import { restartReading } from '../database/directory-reads.ts';
import { integrationEvent, managesIntegrations, removesMembers } from '../domain/integrations.ts';
import { connectedElsewhere, integrationConsumerKind } from './integration-rows.ts';

export interface UpdateIntegration {
  readonly integrationId: string;
  readonly changes: {
    readonly name?: string;
    /** The keys to change. The others stay. */
    readonly config?: IntegrationRecord['config'];
    readonly status?: IntegrationRecord['status'];
  };
  /** Why the server disables the integration, for its record and the mail. Null for a person. */
  readonly disabledReason: string | null;
  /** Whether the reading or delivery that changes it has its claim. Otherwise nothing changes. */
  readonly holdsClaim?: (tx: Tx) => Promise<boolean>;
}

interface Facts {
  readonly state: OrgState;
  readonly integration: IntegrationRecord | null;
  readonly isHeld: boolean;
  /** Read only if the server disables the integration. */
  readonly ownerAddresses: readonly string[];
}

/**
 * Changes an integration. The server disables one that its provider no longer accepts, and mails
 * the owners (REST contract 13.12).
 */
export const updateIntegration: Command<UpdateIntegration, Facts, IntegrationRecord> = {
  name: 'update-integration',

  async load(tx, { integrationId, disabledReason, holdsClaim }, { orgId, actor }) {
    const [state, integration, isHeld, ownerAddresses] = await Promise.all([
      loadActorState(tx, orgId, actor),
      readIntegration(tx, orgId, integrationId),
      holdsClaim === undefined || holdsClaim(tx),
      disabledReason === null ? [] : loadOwnerAddresses(tx, orgId),
    ]);
    return { state, integration, isHeld, ownerAddresses };
  },

  decide({ changes, disabledReason }, { state, integration, isHeld, ownerAddresses }, { orgId, actor, refuseInvalid }) {
    authorize(state, actor, managesIntegrations);
    if (!integration) throw notFound();
    refuseInvalid();
    if (!isHeld) return { changes: [], result: integration };
    const { name = integration.name, status = integration.status, config } = changes;
    // A person who disables it gives no reason. Once disabled, the first reason stays.
    const reason = status === integration.status ? integration.disabledReason : status === 'active' ? null : disabledReason;
    const after: IntegrationRecord = { ...integration, name, status, disabledReason: reason, config: { ...integration.config, ...config } };
    // The provider then decides who is removed.
    if (removesMembers(after) && !removesMembers(integration)) authorize(state, actor, 'member:admin');
    const isDisabled = after.status === 'disabled' && integration.status === 'active';
    const found = updated('integration', integration, after);
    const text = `${definitionOf(after.provider).name} integration ${after.name}`;
    const { name: orgName, slug: orgSlug } = state.organization!;
    const params = { orgName, orgSlug, integrationName: after.name, providerName: definitionOf(after.provider).name, reason: reason ?? '' };
    return {
      changes: found,
      audit:
        found.length === 0
          ? []
          : [
              isDisabled
                ? integrationEvent('integration.disable', after, `disabled ${text}`)
                : integrationEvent('integration.edit', after, `edited ${text}`),
            ],
      mails: isDisabled ? ownerAddresses.map((to): OutgoingMail => ({ template: 'integration-disabled', params, to, about: orgId })) : [],
      result: after,
    };
  },

  async persistSideEffects(tx, { result: { id, provider, status } }, { orgId }, { integration }) {
    // Other settings change neither the position nor the wait after a failure.
    if (status === integration!.status) return;
    if (isDirectoryProvider(provider) && status === 'active') await restartReading(tx, orgId, id);
    await setConsumerActive(tx, { orgId, recordId: id }, integrationConsumerKind, status === 'active');
  },

  conflicts: { integrations_external_key: connectedElsewhere },
};
