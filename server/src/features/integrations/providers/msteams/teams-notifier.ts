import type { IntegrationRecord } from '@rollcall/protocol';
import { type DeliveryResult, nothingSent } from '../../../../consumers/log-consumer.ts';
import type { OutletEvent } from '../../../../domain/outlet-events.ts';
import { choosesType } from '../../outlets/chosen-event-types.ts';
import type { Notifier, OpenIntegration } from '../../outlets/integration-consumer.ts';
import type { TeamsClient } from './teams-client.ts';
import { changeMessage, testMessage } from './teams-message.ts';

/** The name of the URL in `org_secrets`. */
export const webhookUrlSecret = 'webhook-url';

/** Posts a card per revision. */
export class TeamsNotifier implements Notifier {
  readonly #client: TeamsClient;
  readonly #publicUrl: string;

  constructor(client: TeamsClient, publicUrl: string) {
    this.#client = client;
    this.#publicUrl = publicUrl;
  }

  wants(record: IntegrationRecord, type: string): boolean {
    return choosesType(record, type);
  }

  sendTest(integration: OpenIntegration, slug: string): Promise<DeliveryResult> {
    return this.postTest(urlOf(integration), integration.orgId, slug);
  }

  /** Posts to a webhook that is not stored yet. */
  postTest(url: string, orgId: string, slug: string): Promise<DeliveryResult> {
    return this.#client.post(url, testMessage(slug, this.#publicUrl), { caller: orgId, purpose: 'test' });
  }

  async deliver(integration: OpenIntegration, events: readonly OutletEvent[], signal: AbortSignal): Promise<DeliveryResult> {
    const chosen = events.filter(({ type }) => choosesType(integration.record, type));
    if (chosen.length === 0) return nothingSent;
    const message = changeMessage(chosen, this.#publicUrl);
    return this.#client.post(urlOf(integration), message, { caller: integration.orgId, purpose: 'delivery' }, signal);
  }
}

function urlOf({ secrets }: OpenIntegration): string {
  return secrets.get(webhookUrlSecret)!;
}
