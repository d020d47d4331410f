import type { DeliveryResult } from '../../../../consumers/log-consumer.ts';
import { storedResponse } from '../../../../runtime/text/stored-response.ts';

/**
 * PagerDuty's Events API v2. The host is the operator's setting, never an organization's.
 * https://developer.pagerduty.com/docs/events-api-v2-overview
 */

/** PagerDuty refuses larger events. */
const bodyBytesMax = 512 * 1024;
const wholeMsMax = 15_000;

interface Link {
  readonly href: string;
  readonly text: string;
}

export interface ChangeEvent {
  readonly routing_key: string;
  readonly payload: {
    /** At most 1,024 characters. */
    readonly summary: string;
    readonly source: string;
    /** ISO 8601. */
    readonly timestamp: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
  readonly links: readonly Link[];
}

export interface AlertEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'resolve';
  readonly dedup_key: string;
  readonly payload: ChangeEvent['payload'] & { readonly severity: 'critical' | 'error' | 'warning' | 'info' };
  readonly links: readonly Link[];
}

export class PagerDutyClient {
  readonly #url: string;

  /** @param url without a slash at its end */
  constructor(url: string) {
    this.#url = url;
  }

  sendChange(event: ChangeEvent, signal?: AbortSignal): Promise<DeliveryResult> {
    return this.#send('/v2/change/enqueue', event, signal);
  }

  /** A change event that states that the service gets events of this organization. */
  sendTest(routingKey: string, slug: string, publicUrl: string): Promise<DeliveryResult> {
    const source = new URL(publicUrl).host;
    const payload = { summary: `${slug}: PagerDuty gets events`, source, timestamp: new Date().toISOString(), custom_details: {} };
    return this.sendChange({ routing_key: routingKey, payload, links: [{ href: publicUrl, text: source }] });
  }

  sendAlert(event: AlertEvent, signal?: AbortSignal): Promise<DeliveryResult> {
    return this.#send('/v2/enqueue', event, signal);
  }

  /** Never rejects. */
  async #send(path: string, event: ChangeEvent | AlertEvent, signal?: AbortSignal): Promise<DeliveryResult> {
    const startedAt = performance.now();
    const failed = (outcome: 'failed' | 'refused', error: string): DeliveryResult => {
      return { outcome, status: null, error, response: null, ms: Math.round(performance.now() - startedAt) };
    };
    const body = JSON.stringify(event);
    if (Buffer.byteLength(body) > bodyBytesMax) return failed('refused', 'The event is larger than 512 KB.');
    const timeout = AbortSignal.timeout(wholeMsMax);
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      const text = storedResponse(Buffer.from((await response.text()).replaceAll(event.routing_key, '…')));
      return resultOf(response, text, Math.round(performance.now() - startedAt));
    } catch {
      return failed('failed', timeout.aborted ? 'PagerDuty did not respond in time.' : 'PagerDuty is unreachable.');
    }
  }
}

function resultOf({ status, headers }: Response, response: string, ms: number): DeliveryResult {
  const sent = { status, response, ms };
  if (status === 202) return { ...sent, outcome: 'delivered', error: null };
  if (status === 400) return { ...sent, outcome: 'refused', error: 'PagerDuty refused the event.' };
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  const wait = Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfterSeconds: retryAfter } : {};
  if (status === 429) return { ...sent, outcome: 'failed', error: 'PagerDuty received too many events.', ...wait };
  return { ...sent, outcome: 'failed', error: `PagerDuty responded with status ${status}.`, ...wait };
}
