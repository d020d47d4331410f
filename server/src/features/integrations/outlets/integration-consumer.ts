import { definitionOf, type IntegrationProvider, type IntegrationRecord } from '@rollcall/protocol';
import type { ConsumerRef, DeliveryResult, DisableReason, HoldsClaim, LogConsumer, OpenConsumer } from '../../../consumers/log-consumer.ts';
import type { Db } from '../../../database/database.ts';
import { openOrgSecrets } from '../../../database/organizations/org-secrets.ts';
import { readIntegration } from '../../../database/outlets/mappings.ts';
import { readIntegrations } from '../../../database/outlets/outlet-records.ts';
import type { OutletEvent } from '../../../domain/outlet-events.ts';
import type { KeyRing } from '../../../runtime/secrets/key-ring.ts';
import type { WritePath } from '../../../write-path/run-command.ts';
import { runSystemCommand } from '../../../write-path/run-system-command.ts';
import { integrationConsumerKind, ownerOfSecrets } from '../commands/integration-rows.ts';
import { updateIntegration } from '../commands/update-integration.ts';
import { integrationScopes } from '../domain/integrations.ts';

/** An active integration with its secrets, for one delivery. */
export interface OpenIntegration {
  readonly orgId: string;
  readonly record: IntegrationRecord;
  readonly secrets: ReadonlyMap<string, string>;
}

/** Sends messages to one provider. */
export interface Notifier {
  /** Whether the notifier handles events of this type, by the settings of the integration. */
  wants(integration: IntegrationRecord, type: string): boolean;
  /** Sends a test message, which is not an event. */
  sendTest(integration: OpenIntegration, slug: string): Promise<DeliveryResult>;
  /** Sends the events of one revision. */
  deliver(integration: OpenIntegration, events: readonly OutletEvent[], signal: AbortSignal): Promise<DeliveryResult>;
}

export interface IntegrationConsumerOptions {
  readonly db: Db;
  readonly writePath: WritePath;
  /** The server's SECRET. */
  readonly key: KeyRing;
  /** The notifiers of the providers that the operator has configured. */
  readonly notifiers: Readonly<Partial<Record<IntegrationProvider, Notifier>>>;
}

/** Why the server disables an integration, for its record and the mail to the owners. */
const reasons: Readonly<Record<DisableReason, (provider: string) => string>> = {
  'failed-too-long': (provider) => `${provider} did not accept events for days`,
  gone: (provider) => `${provider} removed the connection`,
  'history-pruned': () => 'events that were still to be sent were removed from the history',
  unauthorized: (provider) => `${provider} no longer accepts the connection`,
};

/** Delivers the log to the integrations that get messages, one delivery per revision. */
export class IntegrationConsumer implements LogConsumer {
  readonly kind = integrationConsumerKind;
  readonly #options: IntegrationConsumerOptions;

  constructor(options: IntegrationConsumerOptions) {
    this.#options = options;
  }

  async open(orgId: string): Promise<ReadonlyMap<string, OpenConsumer>> {
    const records = await readIntegrations(this.#options.db, orgId);
    const opened = new Map<string, OpenConsumer>();
    for (const record of records) {
      const notifier = this.#notifierOf(record);
      if (notifier) opened.set(record.id, this.#openConsumer(orgId, record, notifier));
    }
    return opened;
  }

  /** Sends a test message now. Null for an integration that gets no messages or is not active. */
  async sendTest(org: { readonly id: string; readonly slug: string }, record: IntegrationRecord): Promise<DeliveryResult | null> {
    const notifier = this.#notifierOf(record);
    if (!notifier) return null;
    return notifier.sendTest(await this.#withSecrets(org.id, record), org.slug);
  }

  async disable({ orgId, recordId }: ConsumerRef, reason: DisableReason, holdsClaim: HoldsClaim): Promise<void> {
    const record = await readIntegration(this.#options.db, orgId, recordId);
    if (record?.status !== 'active') return;
    await runSystemCommand(this.#options.writePath, updateIntegration, {
      orgId,
      input: {
        integrationId: recordId,
        changes: { status: 'disabled' },
        disabledReason: reasons[reason](definitionOf(record.provider).name),
        holdsClaim,
      },
      requestId: null,
    });
  }

  #openConsumer(orgId: string, record: IntegrationRecord, notifier: Notifier): OpenConsumer {
    return {
      scopes: integrationScopes,
      isPerRevision: true,
      wants: (type) => notifier.wants(record, type),
      deliver: async (events, _attempt, signal) => notifier.deliver(await this.#withSecrets(orgId, record), events, signal),
    };
  }

  #notifierOf({ provider, status }: IntegrationRecord): Notifier | null {
    return status === 'active' ? (this.#options.notifiers[provider] ?? null) : null;
  }

  async #withSecrets(orgId: string, record: IntegrationRecord): Promise<OpenIntegration> {
    const { db, key } = this.#options;
    return { orgId, record, secrets: await openOrgSecrets(db, key, ownerOfSecrets(orgId, record.id)) };
  }
}
