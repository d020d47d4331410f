import type { IntegrationRecord } from '@rollcall/protocol';
import { type DeliveryResult, nothingSent } from '../../../../consumers/log-consumer.ts';
import type { Db } from '../../../../database/database.ts';
import type { OutletEvent } from '../../../../domain/outlet-events.ts';
import { describeEvent } from '../../domain/describe-event.ts';
import { type RiskChange, riskChanges, riskTypes, severities } from '../../domain/risks.ts';
import { choosesType } from '../../outlets/chosen-event-types.ts';
import type { Notifier, OpenIntegration } from '../../outlets/integration-consumer.ts';
import { addOwner, isLastOwner, removeOwner } from './open-owners.ts';
import type { PagerDutyClient } from './pagerduty-client.ts';

/** PagerDuty cuts longer summaries off. */
const summaryMax = 1_024;
/** Keeps an event far below the maximum size, also if a revision changed thousands of records. */
const listedEventsMax = 100;

/** The name of the key in `org_secrets`. */
export const routingKeySecret = 'routing-key';

export interface PagerDutyNotifierOptions {
  readonly db: Db;
  readonly client: PagerDutyClient;
  readonly publicUrl: string;
}

/** Sends change events for the chosen types, and alerts for risks. */
export class PagerDutyNotifier implements Notifier {
  readonly #options: PagerDutyNotifierOptions;

  constructor(options: PagerDutyNotifierOptions) {
    this.#options = options;
  }

  wants(record: IntegrationRecord, type: string): boolean {
    return choosesType(record, type) || (sendsAlerts(record) && riskTypes.has(type));
  }

  sendTest(integration: OpenIntegration, slug: string): Promise<DeliveryResult> {
    return this.#options.client.sendTest(routingKeyOf(integration), slug, this.#options.publicUrl);
  }

  /**
   * A failure repeats the whole revision. PagerDuty merges a repeated alert by its key, but not a
   * repeated change event, so that is sent last.
   */
  async deliver(integration: OpenIntegration, events: readonly OutletEvent[], signal: AbortSignal): Promise<DeliveryResult> {
    let last = nothingSent;
    for (const change of sendsAlerts(integration.record) ? riskChanges(events) : []) {
      last = await this.#sendAlert(integration, change, events[0]!, signal);
      if (last.outcome !== 'delivered') return last;
    }
    const chosen = events.filter(({ type }) => choosesType(integration.record, type));
    if (chosen.length === 0) return last;
    return this.#options.client.sendChange(
      {
        routing_key: routingKeyOf(integration),
        payload: {
          summary: summaryOf(chosen.map(describeEvent), chosen[0]!),
          ...this.#origin(chosen[0]!),
          custom_details: {
            revision: chosen[0]!.data.revision,
            events: chosen.slice(0, listedEventsMax).map(({ type, data }) => ({ id: data.id, type })),
            count: chosen.length,
          },
        },
        links: this.#links(chosen[0]!),
      },
      signal,
    );
  }

  async #sendAlert(integration: OpenIntegration, change: RiskChange, event: OutletEvent, signal: AbortSignal): Promise<DeliveryResult> {
    const { db, client } = this.#options;
    const { risk, begins, memberId, summary } = change;
    // The alert was opened for one or more owners. It is resolved when the last of them stops being
    // an owner.
    if (memberId !== null && begins) await addOwner(db, integration, memberId);
    if (memberId !== null && !begins && !(await isLastOwner(db, integration, memberId))) {
      await removeOwner(db, integration, memberId);
      return nothingSent;
    }
    const result = await client.sendAlert(
      {
        routing_key: routingKeyOf(integration),
        event_action: begins ? 'trigger' : 'resolve',
        dedup_key: `rollcall:${integration.orgId}:${risk}`,
        payload: {
          summary: summaryOf([summary], event),
          ...this.#origin(event),
          severity: severities[risk],
          custom_details: { risk, revision: event.data.revision },
        },
        links: this.#links(event),
      },
      signal,
    );
    if (memberId !== null && !begins && result.outcome === 'delivered') await removeOwner(db, integration, memberId);
    return result;
  }

  #origin({ timestamp }: OutletEvent) {
    return { source: new URL(this.#options.publicUrl).host, timestamp };
  }

  #links({ data: { organization } }: OutletEvent) {
    return [{ href: `${this.#options.publicUrl}/organizations/${organization.slug}/audit-log/`, text: 'Audit log' }];
  }
}

function sendsAlerts({ config }: IntegrationRecord): boolean {
  return config.alerts === true;
}

function routingKeyOf({ secrets }: OpenIntegration): string {
  return secrets.get(routingKeySecret) ?? '';
}

function summaryOf(sentences: readonly string[], { data: { organization } }: OutletEvent): string {
  const text = `${organization.slug}: ${sentences.join('; ')}`;
  return text.length > summaryMax ? `${text.slice(0, summaryMax - 1)}…` : text;
}
