import type { DeliveryResult } from '../../../../consumers/log-consumer.ts';
import type { Outbound, OutboundOwner, OutboundResponse } from '../../../../outbound/outbound.ts';
import { failureTexts } from '../../../../outbound/outbound-error.ts';
import { storedResponse } from '../../../../runtime/text/stored-response.ts';
import type { TeamsMessage } from './teams-message.ts';

/** Power Automate's error for a workflow that is switched off. A person may switch it on again. */
const switchedOff = 'WorkflowTriggerIsNotEnabled';

/** Posts to webhooks of workflows. Their URL contains a secret, so it is never logged. */
export class TeamsClient {
  readonly #outbound: Outbound;
  readonly #hosts: readonly string[];

  /** @param hosts those of webhooks. `*.` stands for any subdomain */
  constructor(outbound: Outbound, hosts: readonly string[]) {
    this.#outbound = outbound;
    this.#hosts = hosts;
  }

  /** Returns why a URL is not that of a webhook of a workflow, or null. */
  refuseUrl(url: string): string | null {
    const { hostname } = new URL(url);
    const isKnown = this.#hosts.some((host) => (host.startsWith('*.') ? hostname.endsWith(host.slice(1)) : hostname === host));
    if (isKnown && this.#outbound.refuseStoredUrl(url) === null) return null;
    return `Enter the URL of a workflow’s webhook. It begins with https://, and its host is one of: ${this.#hosts.join(', ')}.`;
  }

  /** Never rejects. */
  async post(url: string, message: TeamsMessage, owner: OutboundOwner, signal?: AbortSignal): Promise<DeliveryResult> {
    // The operator may have removed the host since.
    if (this.refuseUrl(url) !== null) {
      return { outcome: 'failed', status: null, error: 'This server no longer allows the host of the webhook.', response: null, ms: 0 };
    }
    const result = await this.#outbound.request(url, {
      owner,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      ...(signal && { signal }),
    });
    if (result.outcome === 'response') return resultOf(result, url);
    return { outcome: 'failed', status: null, error: failureTexts[result.outcome], response: null, ms: result.ms };
  }
}

function resultOf({ status, headers, body, ms }: OutboundResponse, url: string): DeliveryResult {
  const sent = { status, response: storedResponse(withoutSecret(body, url)), ms };
  if (status >= 200 && status < 300) return { ...sent, outcome: 'delivered', error: null };
  if (status === 401 || status === 403) {
    return { ...sent, outcome: 'unauthorized', error: 'The workflow refused the URL. Anyone must be allowed to trigger it.' };
  }
  if (status === 404 || status === 410) return { ...sent, outcome: 'gone', error: 'The workflow no longer exists.' };
  if (body.includes(switchedOff)) return { ...sent, outcome: 'failed', error: 'The workflow is switched off.' };
  if (status === 400 || status === 413) return { ...sent, outcome: 'refused', error: 'The workflow refused the message.' };
  const retryAfter = Number(headers['retry-after']);
  const wait = retryAfter > 0 && Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {};
  if (status === 429) return { ...sent, outcome: 'failed', error: 'The workflow received too many messages.', ...wait };
  return { ...sent, outcome: 'failed', error: `The workflow responded with status ${status}.`, ...wait };
}

/** An error may quote the request: as it was sent, decoded, or encoded again. */
function withoutSecret(body: Buffer, url: string): Buffer {
  const { search, searchParams } = new URL(url);
  const signature = searchParams.get('sig');
  if (!signature) return body;
  const sent = /[?&]sig=([^&]*)/.exec(search)?.[1] ?? signature;
  const spellings = [sent, signature, encodeURIComponent(signature)];
  return Buffer.from(spellings.reduce((text, spelling) => text.replaceAll(spelling, '…'), body.toString('utf8')));
}
